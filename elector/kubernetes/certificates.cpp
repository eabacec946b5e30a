#include "elector/kubernetes/certificates.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <new>
#include <string>
#include <utility>

namespace elector::kubernetes {

namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Store = std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)>;
using Context = std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)>;

struct FreeStack {
    void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
struct FreeBorrowedStack {
    void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

template <typename Pointer>
Pointer required(Pointer pointer) {
    if (!pointer) {
        throw std::bad_alloc();
    }
    return pointer;
}

// The certificate of one block of PEM; null where it cannot be decoded.
Certificate decoded(const std::string& block) {
    const Bio bio =
        required(Bio(BIO_new_mem_buf(block.data(), static_cast<int>(block.size())), &BIO_free_all));
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    Certificate certificate(nullptr, &X509_free);
    if (PEM_read_bio(bio.get(), &name, &header, &data, &size) == 1) {
        const unsigned char* at = data;
        certificate.reset(d2i_X509(nullptr, &at, size));
        if (at != data + size || *header != '\0') {
            certificate.reset();
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    ERR_clear_error();
    return certificate;
}

// Looks for paths from a certificate to an anchor whose signatures are right, and has OpenSSL judge
// each: dates, purposes, constraints, the name.
class PathSearch {
  public:
    explicit PathSearch(X509_STORE_CTX* context)
        : context_(context),
          anchors_(required(X509_STORE_get1_all_certs(X509_STORE_CTX_get0_store(context)))),
          sent_(X509_STORE_CTX_get0_untrusted(context)) {}

    bool succeeds() {
        std::vector<Path> paths{{X509_STORE_CTX_get0_cert(context_)}};
        while (!paths.empty()) {
            const Path path = std::move(paths.back());
            paths.pop_back();
            if (leadsToAnchor(path)) {
                return true;
            }
            for (int i = 0; i < sk_X509_num(sent_); ++i) {
                X509* link = sk_X509_value(sent_, i);
                const bool isNew = std::ranges::none_of(
                    path, [link](const X509* other) { return X509_cmp(link, other) == 0; });
                if (isNew && isSigned(path.back(), link)) {
                    paths.push_back(path);
                    paths.back().push_back(link);
                }
            }
        }
        return false;
    }

    // Why the last path that leads to an anchor was not accepted; X509_V_OK where none does.
    int error() const { return error_; }

  private:
    using Path = std::vector<X509*>;  // from the server's certificate on, without the anchor

    // As many as Go checks.
    static constexpr int kMostSignatures = 100;

    bool leadsToAnchor(const Path& path) {
        for (int i = 0; i < sk_X509_num(anchors_.get()); ++i) {
            X509* anchor = sk_X509_value(anchors_.get(), i);
            if (isSigned(path.back(), anchor) && isAccepted(path, anchor)) {
                return true;
            }
        }
        return false;
    }

    bool isSigned(X509* certificate, X509* issuer) {
        if (signatures_ == kMostSignatures ||
            X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(certificate)) != 0) {
            return false;
        }
        ++signatures_;
        return X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
    }

    // Whether OpenSSL accepts the path where it knows no other.
    bool isAccepted(const Path& path, X509* anchor) {
        const Store store = required(Store(X509_STORE_new(), &X509_STORE_free));
        const std::unique_ptr<STACK_OF(X509), FreeBorrowedStack> links(
            required(sk_X509_new_null()));
        for (std::size_t i = 1; i < path.size(); ++i) {
            sk_X509_push(links.get(), path[i]);
        }
        const Context judge = required(Context(X509_STORE_CTX_new(), &X509_STORE_CTX_free));
        if (X509_STORE_add_cert(store.get(), anchor) != 1 ||
            X509_STORE_CTX_init(judge.get(), store.get(), path.front(), links.get()) != 1 ||
            X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(judge.get()),
                                   X509_STORE_CTX_get0_param(context_)) != 1) {
            return false;
        }
        const bool isAccepted = X509_verify_cert(judge.get()) == 1;
        error_ = X509_STORE_CTX_get_error(judge.get());
        return isAccepted;
    }

    X509_STORE_CTX* context_;
    std::unique_ptr<STACK_OF(X509), FreeStack> anchors_;
    STACK_OF(X509) * sent_;
    int signatures_ = 0;
    int error_ = X509_V_OK;
};

}  // namespace

std::vector<Certificate> certificatesIn(std::string_view pem) {
    std::vector<Certificate> certificates;
    std::size_t at = pem.find(kBegin);
    while (at != std::string_view::npos) {
        const std::size_t inside = at + kBegin.size();
        const std::size_t end = pem.find(kEnd, inside);
        if (end == std::string_view::npos) {
            break;
        }
        const bool beginsLine = at == 0 || pem[at - 1] == '\n';
        const bool isCutOff =
            pem.substr(inside, end - inside).find("-----BEGIN ") != std::string_view::npos;
        if (beginsLine && !isCutOff) {
            auto block = std::string(pem.substr(at, end + kEnd.size() - at)) + "\n";
            if (auto certificate = decoded(block)) {
                certificates.push_back(std::move(certificate));
            }
        }
        at = pem.find(kBegin, inside);
    }
    return certificates;
}

int verifyByAnyPath(X509_STORE_CTX* context, void* /*ignored*/) {
    if (X509_verify_cert(context) == 1) {
        return 1;
    }
    PathSearch search(context);
    const bool succeeds = search.succeeds();
    if (search.error() != X509_V_OK || succeeds) {
        X509_STORE_CTX_set_error(context, search.error());
    }
    ERR_clear_error();
    return succeeds ? 1 : 0;
}

}  // namespace elector::kubernetes
