#include "injector/certificates/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <climits>
#include <new>
#include <stdexcept>

namespace injector::certificates::openssl {
namespace {

// Without this OpenSSL would ask the terminal for the passphrase of an encrypted key.
int noPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

}  // namespace

Bio readerOf(std::string_view text) {
    if (text.size() > INT_MAX) {
        throw std::invalid_argument("a text of more than 2 GiB is no PEM");
    }
    Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    if (!bio) {
        throw std::bad_alloc();
    }
    return bio;
}

Key readKey(std::string_view pem) {
    const Bio bio = readerOf(pem);
    Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &noPassphrase, nullptr));
    ERR_clear_error();
    return key;
}

}  // namespace injector::certificates::openssl
