#include "injector/certificates/mint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "injector/certificates/openssl.h"

namespace injector::certificates {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const WallTime kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::chrono::hours kDay{24};
const std::vector<std::string> kNames{"hook.system.svc", "hook.system"};

using Store = std::unique_ptr<X509_STORE, openssl::Free<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, openssl::Free<X509_STORE_CTX_free>>;

openssl::X509Pointer x509Of(const std::string& pem) {
    const openssl::Bio bio = openssl::readerOf(pem);
    return openssl::X509Pointer(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

// What OpenSSL says of `leaf` as a server's certificate for `name`: "ok", or why not.
std::string verify(const std::string& leaf, const std::string& authority, const std::string& name,
                   WallTime at) {
    const Store store(X509_STORE_new());
    X509_STORE_add_cert(store.get(), x509Of(authority).get());
    const openssl::X509Pointer x509 = x509Of(leaf);
    const StoreContext context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store.get(), x509.get(), nullptr);
    X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set1_host(param, name.c_str(), name.size());
    X509_VERIFY_PARAM_set_time(param, std::chrono::system_clock::to_time_t(at));
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    X509_verify_cert(context.get());
    return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

std::string printed(const std::string& pem) {
    const openssl::Bio bio(BIO_new(BIO_s_mem()));
    X509_print(bio.get(), x509Of(pem).get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

Certificate certificateOf(const KeyPair& pair) {
    return Certificate::readAll(pair.certificate).at(0);
}

TEST(Mint, ALeafVerifiesAgainstItsAuthorityForItsNamesAndAtItsTimeOnly) {
    const KeyPair authority = mintAuthority(kNow, 100 * kDay);
    const KeyPair leaf = mintLeaf(authority, kNames, kNow, kDay);
    const KeyPair stranger = mintAuthority(kNow, 100 * kDay);
    struct Case {
        std::string authority;
        std::string name;
        WallTime at;
        std::string verdict;
    };
    const std::vector<Case> cases{
        {authority.certificate, "hook.system.svc", kNow, "ok"},
        {authority.certificate, "hook.system", kNow, "ok"},
        {authority.certificate, "hook.system.svc", kNow - std::chrono::minutes(59), "ok"},
        {authority.certificate, "hook.system.svc", kNow + kDay - std::chrono::seconds(1), "ok"},
        {authority.certificate, "hook.other.svc", kNow, "hostname mismatch"},
        {authority.certificate, "hook.system.svc", kNow - std::chrono::minutes(61),
         "certificate is not yet valid"},
        {authority.certificate, "hook.system.svc", kNow + kDay + std::chrono::seconds(1),
         "certificate has expired"},
        {stranger.certificate, "hook.system.svc", kNow, "unable to get local issuer certificate"},
    };
    for (const Case& each : cases) {
        EXPECT_EQ(verify(leaf.certificate, each.authority, each.name, each.at), each.verdict)
            << each.name;
    }
}

TEST(Mint, AnAuthorityMaySignCertificatesButNoAuthorities) {
    const std::string text = printed(mintAuthority(kNow, kDay).certificate);
    EXPECT_THAT(text, HasSubstr("CA:TRUE, pathlen:0"));
    EXPECT_THAT(text, HasSubstr("Certificate Sign, CRL Sign"));
    EXPECT_THAT(text, HasSubstr("NIST CURVE: P-256"));
    EXPECT_THAT(text, HasSubstr("Subject Key Identifier"));
    EXPECT_THAT(text, HasSubstr("ecdsa-with-SHA256"));
}

TEST(Mint, ALeafIsAServersCertificateAlone) {
    const KeyPair authority = mintAuthority(kNow, kDay);
    const std::string text = printed(mintLeaf(authority, kNames, kNow, kDay).certificate);
    EXPECT_THAT(text, HasSubstr("CA:FALSE"));
    EXPECT_THAT(text, HasSubstr("TLS Web Server Authentication"));
    EXPECT_THAT(text, HasSubstr("Digital Signature"));
    EXPECT_THAT(text, HasSubstr("Authority Key Identifier"));
    EXPECT_THAT(text, HasSubstr("NIST CURVE: P-256"));
}

TEST(Mint, ALeafEndsNoLaterThanItsAuthority) {
    const KeyPair authority = mintAuthority(kNow, kDay);
    const KeyPair leaf = mintLeaf(authority, kNames, kNow, 90 * kDay);
    EXPECT_EQ(certificateOf(leaf).notAfter(), certificateOf(authority).notAfter());
}

TEST(Mint, SerialNumbersAndKeysAreNew) {
    const KeyPair one = mintAuthority(kNow, kDay);
    const KeyPair two = mintAuthority(kNow, kDay);
    EXPECT_NE(one.key, two.key);
    const auto serialOf = [](const KeyPair& pair) {
        const openssl::Number number(
            ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509Of(pair.certificate).get()), nullptr));
        return openssl::Number(BN_dup(number.get()));
    };
    EXPECT_NE(BN_cmp(serialOf(one).get(), serialOf(two).get()), 0);
    // Of 128 random bits the first 64 are zero once in 2^64 times.
    EXPECT_GT(BN_num_bits(serialOf(one).get()), 64);
    EXPECT_LE(BN_num_bits(serialOf(one).get()), 128);
}

TEST(Mint, ANameLongerThanACommonNameMayBeStandsAmongTheAlternatives) {
    const std::string longName = std::string(60, 'a') + "." + std::string(60, 'b') + ".svc";
    const KeyPair authority = mintAuthority(kNow, kDay);
    const KeyPair leaf = mintLeaf(authority, {longName}, kNow, kDay);
    EXPECT_EQ(verify(leaf.certificate, authority.certificate, longName, kNow), "ok");
}

TEST(Mint, RefusesToSignWithoutAnAuthorityOrAName) {
    const KeyPair authority = mintAuthority(kNow, kDay);
    EXPECT_THROW(mintLeaf({}, kNames, kNow, kDay), std::runtime_error);
    EXPECT_THROW(mintLeaf({authority.certificate, "rubbish"}, kNames, kNow, kDay),
                 std::runtime_error);
    EXPECT_THROW(mintLeaf(authority, {}, kNow, kDay), std::runtime_error);
}

TEST(Certificate, SaysWhatItIs) {
    const KeyPair authority = mintAuthority(kNow, 10 * kDay);
    const KeyPair leaf = mintLeaf(authority, kNames, kNow, kDay);
    const Certificate root = certificateOf(authority);
    const Certificate server = certificateOf(leaf);
    EXPECT_TRUE(root.isAuthority());
    EXPECT_EQ(root.commonName(), kAuthorityName);
    EXPECT_FALSE(server.isAuthority());
    EXPECT_EQ(server.commonName(), "hook.system.svc");
    EXPECT_THAT(server.dnsNames(), ElementsAre("hook.system.svc", "hook.system"));
    EXPECT_EQ(server.notBefore(), kNow - kBackdated);
    EXPECT_EQ(server.notAfter(), kNow + kDay);
    EXPECT_TRUE(server.hasKey(leaf.key));
    EXPECT_FALSE(server.hasKey(authority.key));
    EXPECT_FALSE(server.hasKey("rubbish"));
    EXPECT_TRUE(server.isSignedBy(root));
    EXPECT_TRUE(root.isSignedBy(root));
    EXPECT_FALSE(root.isSignedBy(server));
    EXPECT_FALSE(server.isSignedBy(certificateOf(mintAuthority(kNow, kDay))));
}

TEST(Certificate, ReadsAllUpToADamagedOneAndSkipsKeysAndText) {
    const KeyPair one = mintAuthority(kNow, kDay);
    const KeyPair two = mintAuthority(kNow, kDay);
    const auto read = [](const std::string& pem) { return Certificate::readAll(pem); };
    EXPECT_THAT(read(one.certificate + two.certificate),
                ElementsAre(certificateOf(one), certificateOf(two)));
    EXPECT_THAT(read(one.key + "a note\n" + one.certificate + two.key), SizeIs(1));
    EXPECT_THAT(read(one.certificate + "-----BEGIN CERTIFICATE-----\nAAAA\n"), SizeIs(1));
    EXPECT_THAT(read(""), SizeIs(0));
    EXPECT_THAT(read("rubbish"), SizeIs(0));
    EXPECT_EQ(join(read(one.certificate + two.certificate)), one.certificate + two.certificate);
}

}  // namespace
}  // namespace injector::certificates
