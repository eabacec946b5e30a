#include "elector/kubernetes/tls_context.h"

#include <Poco/Ascii.h>
#include <Poco/String.h>
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elector/kubernetes/endpoint.h"

namespace elector::kubernetes {

// ---------------------------------------------------------------------------------------- base64

namespace {

constexpr std::size_t kBytes = 3;  // become kLetters
constexpr std::size_t kLetters = 4;

bool isLetter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

}  // namespace

std::string toBase64(std::string_view bytes) {
    // One more for the zero that OpenSSL puts at the end.
    std::string text((bytes.size() + kBytes - 1) / kBytes * kLetters + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::optional<std::string> fromBase64(std::string_view text) {
    std::size_t padding = text.ends_with('=') ? 1 : 0;
    padding += text.ends_with("==") ? 1 : 0;
    // OpenSSL by itself skips blanks and takes any number of padding characters.
    if (text.size() % kLetters != 0 ||
        !std::ranges::all_of(text.substr(0, text.size() - padding), isLetter)) {
        return std::nullopt;
    }
    std::string bytes(text.size() / kLetters * kBytes, '\0');
    if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()),
                        static_cast<int>(text.size())) < 0) {
        return std::nullopt;
    }
    bytes.resize(bytes.size() - padding);
    return bytes;
}

// ------------------------------------------------------------------------------------ certificates

namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "\n-----END CERTIFICATE-----";
constexpr std::string_view kBlank = " \t\r";

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

// The certificate of what stands between the first and the last line of a block of PEM; null where
// it cannot be decoded. OpenSSL's reader of PEM takes a blank line for the end of headers.
Certificate decoded(std::string base64) {
    std::erase_if(base64,
                  [](char c) { return kBlank.find(c) != std::string_view::npos || c == '\n'; });
    Certificate certificate(nullptr, &X509_free);
    const auto der = fromBase64(base64);
    if (der && !der->empty()) {
        const auto* at = reinterpret_cast<const unsigned char*>(der->data());
        const unsigned char* end = at + der->size();
        certificate.reset(d2i_X509(nullptr, &at, static_cast<long>(der->size())));
        if (at != end) {
            certificate.reset();
        }
    }
    ERR_clear_error();
    return certificate;
}

// Whether nothing but blanks follows in the line.
bool isBlankFrom(std::string_view text, std::size_t at) {
    const auto next = text.find_first_not_of(kBlank, at);
    return next == std::string_view::npos || text[next] == '\n';
}

// The 16 bytes of an address, given by 4 or 16 bytes.
std::string addressOf(std::string_view bytes) {
    constexpr std::size_t kBytesOfIpV4 = 4;
    const std::string mapped = std::string(10, '\0') + "\xff\xff";
    return (bytes.size() == kBytesOfIpV4 ? mapped : "") + std::string(bytes);
}

// The address that a text is, with or without the brackets of IPv6.
std::optional<std::string> addressIn(std::string text) {
    if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
        text = text.substr(1, text.size() - 2);
    }
    in_addr four{};
    in6_addr six{};
    if (inet_pton(AF_INET, text.c_str(), &four) == 1) {
        return addressOf({reinterpret_cast<const char*>(&four), sizeof four});
    }
    if (inet_pton(AF_INET6, text.c_str(), &six) == 1) {
        return addressOf({reinterpret_cast<const char*>(&six), sizeof six});
    }
    return std::nullopt;
}

bool isHostName(std::string_view name, bool isPattern) {
    if (!isPattern && name.ends_with('.')) {
        name.remove_suffix(1);
    }
    if (isPattern && name.starts_with("*.")) {
        name.remove_prefix(2);
    }
    bool beginsLabel = true;
    for (const char c : name) {
        const bool isLabels = Poco::Ascii::isAlphaNumeric(c) || c == '_';
        if (!isLabels && (beginsLabel || (c != '-' && c != '.'))) {
            return false;
        }
        beginsLabel = c == '.';
    }
    return !beginsLabel;
}

// Both in small letters. Only of host names a star stands for the first label, and a dot at the end
// counts for nothing; other names have to be the same.
bool isMatch(std::string_view pattern, std::string_view name) {
    if (!isHostName(name, false) || !isHostName(pattern, true)) {
        return pattern == name && name != ".";
    }
    if (name.ends_with('.')) {
        name.remove_suffix(1);
    }
    const bool isWild = pattern.starts_with("*.");
    const auto label = std::min(name.find('.'), name.size());
    return isWild ? pattern.substr(1) == name.substr(label) : pattern == name;
}

// Whether a certificate is that of `name`, a host name or an address: by its subject alternative
// names alone. OpenSSL wants two dots after a star, and takes no dot at the end.
bool isNamed(X509& certificate, const std::string& name) {
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
        static_cast<GENERAL_NAMES*>(
            X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)),
        &GENERAL_NAMES_free);
    const auto address = addressIn(name);
    const auto host = Poco::toLower(name);
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        int type = 0;
        const auto* value = static_cast<const ASN1_STRING*>(
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
        if (type != (address ? GEN_IPADD : GEN_DNS)) {
            continue;
        }
        const std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                               static_cast<std::size_t>(ASN1_STRING_length(value)));
        if (address ? addressOf(text) == *address : isMatch(Poco::toLower(text), host)) {
            return true;
        }
    }
    return false;
}

// Whether each certificate of a chain, the anchor's too, may be used of servers or says nothing of
// its use. OpenSSL knows no "any" here, and has an opinion of the server's keyUsage.
bool isOfServers(STACK_OF(X509) & chain) {
    for (int i = 0; i < sk_X509_num(&chain); ++i) {
        if ((X509_get_extended_key_usage(sk_X509_value(&chain, i)) &
             (XKU_SSL_SERVER | XKU_ANYEKU)) == 0) {
            return false;
        }
    }
    return true;
}

// Looks for paths from a certificate to an anchor whose signatures are right, and has OpenSSL judge
// each: dates, constraints, who may sign.
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
        const bool isTrusted = X509_verify_cert(judge.get()) == 1;
        const bool isAccepted = isTrusted && isOfServers(*X509_STORE_CTX_get0_chain(judge.get()));
        error_ = isTrusted && !isAccepted ? X509_V_ERR_INVALID_PURPOSE
                                          : X509_STORE_CTX_get_error(judge.get());
        return isAccepted;
    }

    X509_STORE_CTX* context_;
    std::unique_ptr<STACK_OF(X509), FreeStack> anchors_;
    STACK_OF(X509) * sent_;
    int signatures_ = 0;
    int error_ = X509_V_OK;
};

// To be set with SSL_CTX_set_cert_verify_callback, with the purpose X509_PURPOSE_ANY. Accepts what
// Go's crypto/x509 accepts of a server: its certificate is that of `name`, a const std::string that
// outlives the handshake; and X509_verify_cert() accepts any of the paths from there to an anchor,
// whose certificates may all be used of servers. By itself OpenSSL tries one path: at each step the
// first issuer that has the right name, though several may have it, as an authority has whose key
// was replaced.
int verifyAsGo(X509_STORE_CTX* context, void* name) {
    const auto& expected = *static_cast<const std::string*>(name);
    if (!isNamed(*X509_STORE_CTX_get0_cert(context), expected)) {
        X509_STORE_CTX_set_error(context, addressIn(expected) ? X509_V_ERR_IP_ADDRESS_MISMATCH
                                                              : X509_V_ERR_HOSTNAME_MISMATCH);
        return 0;
    }
    if (X509_verify_cert(context) == 1 && isOfServers(*X509_STORE_CTX_get0_chain(context))) {
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
        const bool standsAlone = (at == 0 || pem[at - 1] == '\n') && isBlankFrom(pem, inside) &&
                                 isBlankFrom(pem, end + kEnd.size());
        // What was cut off before its end has another beginning within.
        if (standsAlone) {
            if (auto certificate = decoded(std::string(pem.substr(inside, end - inside)))) {
                certificates.push_back(std::move(certificate));
            }
        }
        at = pem.find(kBegin, inside);
    }
    return certificates;
}

// ----------------------------------------------------------------------------------------- context

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
