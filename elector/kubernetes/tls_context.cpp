#include "elector/kubernetes/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <new>

#include "elector/kubernetes/certificates.h"
#include "elector/kubernetes/endpoint.h"

namespace elector::kubernetes {

namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio readerOf(const std::string& text) {
    Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all);
    if (!bio) {
        throw std::bad_alloc();
    }
    return bio;
}

ApiError refusal(std::string sentence) {
    const auto why = takeTlsErrors();
    if (!why.empty()) {
        sentence += ": " + why;
    }
    return {ErrorKind::Unreachable, 0, std::nullopt, std::move(sentence)};
}

// An encrypted key asks for a passphrase; without this OpenSSL would ask on the terminal.
int noPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

Result<Done> trust(SSL_CTX& context, const std::string& authorities) {
    if (authorities.empty()) {
        if (SSL_CTX_set_default_verify_paths(&context) != 1) {
            return refusal("cannot read the certificate authorities that the system trusts");
        }
        return Done();
    }
    const auto anchors = certificatesIn(authorities);
    for (const auto& anchor : anchors) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), anchor.get());
    }
    if (anchors.empty()) {
        return refusal("the certificate authority's data hold no certificate");
    }
    return Done();
}

Result<Done> identify(SSL_CTX& context, const TlsMaterial& material) {
    if (material.certificate.empty()) {
        return Done();
    }
    const auto chain = certificatesIn(material.certificate);
    if (chain.empty() || SSL_CTX_use_certificate(&context, chain.front().get()) != 1) {
        return refusal("the client certificate cannot be read");
    }
    for (std::size_t i = 1; i < chain.size(); ++i) {
        SSL_CTX_add1_chain_cert(&context, chain[i].get());
    }
    const auto keyBio = readerOf(material.key);
    const Key key(PEM_read_bio_PrivateKey(keyBio.get(), nullptr, &noPassphrase, nullptr),
                  &EVP_PKEY_free);
    if (!key) {
        return refusal("the client key cannot be read; encrypted keys are not supported");
    }
    if (SSL_CTX_use_PrivateKey(&context, key.get()) != 1) {
        return refusal("the client key is not that of the client certificate");
    }
    return Done();
}

// As a server is asked for it: without the dot at the end of a name that is complete, without the
// brackets of an IPv6 address.
std::string nameInHandshake(std::string name) {
    if (name.size() > 1 && name.front() == '[' && name.back() == ']') {
        return name.substr(1, name.size() - 2);
    }
    if (name.size() > 1 && name.back() == '.') {
        name.pop_back();
    }
    return name;
}

}  // namespace

std::string takeTlsErrors() {
    std::string text;
    while (const auto code = ERR_get_error()) {
        if (!text.empty()) {
            text += "; ";
        }
        const char* reason = ERR_reason_error_string(code);
        text += reason != nullptr ? reason : "an error without a name";
    }
    return text;
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsMaterial& material) {
    ERR_clear_error();
    Context context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
        return refusal("cannot set up TLS");
    }
    if (auto trusted = trust(*context, material.authorities); !trusted) {
        return std::move(trusted).error();
    }
    if (auto identified = identify(*context, material); !identified) {
        return std::move(identified).error();
    }
    if (material.peerName.empty()) {
        return refusal("the server has no name that its certificate could be compared with");
    }
    SSL_CTX_set_verify(context.get(), material.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    // Released while a connection is silent, its two buffers cost nothing: 34 KiB for each of ours.
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // A resumed session would not look at the certificate again.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    const std::shared_ptr<TlsContext> made(new TlsContext(std::move(context), material.peerName));
    if (material.verify) {
        // Whatever certificate is trusted is an anchor: an intermediate, or the server's own.
        X509_VERIFY_PARAM* param = SSL_CTX_get0_param(made->context_.get());
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
        X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
        SSL_CTX_set_cert_verify_callback(made->context_.get(), &verifyAsGo, &made->peerName_);
    }
    return std::shared_ptr<const TlsContext>(made);
}

TlsContext::Session TlsContext::newSession() const {
    Session session(SSL_new(context_.get()), &SSL_free);
    if (!session) {
        throw std::bad_alloc();
    }
    const auto name = nameInHandshake(peerName_);
    if (!isIpLiteral(name)) {  // RFC 6066 allows only names
        SSL_set_tlsext_host_name(session.get(), name.c_str());
    }
    SSL_set_connect_state(session.get());
    return session;
}

}  // namespace elector::kubernetes
