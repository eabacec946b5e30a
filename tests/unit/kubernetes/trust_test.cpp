#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <string>
#include <vector>

#include "elector/kubernetes/socket.h"
#include "elector/runtime/clock.h"
#include "tests/support/certificates.h"
#include "tests/support/tls_connection.h"
#include "tests/unit/kubernetes/scripted_server.h"

// Which servers are trusted: as by Go's crypto/x509, and so by kubectl.
namespace elector::kubernetes {
namespace {

using test::CertificateAuthority;
using test::KeyPair;
using Identifiers = CertificateAuthority::KeyIdentifiers;

// Two authorities of one name, a third that the first one signed, and servers of them.
struct World {
    CertificateAuthority root{"root"};
    CertificateAuthority middle{"middle", root};
    CertificateAuthority other{"other"};
    // As after the key was replaced, by an authority that says nothing of its keys.
    CertificateAuthority before{"cluster", Identifiers::Absent};
    CertificateAuthority after{"cluster", Identifiers::Absent};
    // The same, and each has an intermediate.
    CertificateAuthority middleBefore{"middle", before};
    CertificateAuthority middleAfter{"middle", after};

    test::Subject subject{"api", {}, {"api.example", "*.wild.example"}, {"127.0.0.1"}};
    KeyPair ofRoot = root.issueServer(subject);
    KeyPair ofMiddle = middle.issueServer(subject);
    KeyPair ofAfter = after.issueServer(subject);
    KeyPair ofMiddleAfter = middleAfter.issueServer(subject);
    KeyPair ofNames =
        root.issueServer({"api",
                          {},
                          {"*.example", "*", "a.*.x.example", "f*.example", "dot.x.", "10.0.0.1"},
                          {"::1"}});
    KeyPair nameless = root.issueServer({"api.example", {}, {}, {}});
    KeyPair ofClients = root.issueClient(subject);
    KeyPair ofAnyPurpose = issuedFor("digitalSignature", "anyExtendedKeyUsage");
    KeyPair ofSeveralPurposes = issuedFor("digitalSignature", "clientAuth,serverAuth");
    KeyPair ofKeyAgreement = issuedFor("keyAgreement", "serverAuth");
    KeyPair ended = root.issueServer(subject, std::chrono::seconds(-30));

    KeyPair issuedFor(const std::string& keyUsage, const std::string& purpose) const {
        test::Subject of = subject;
        of.keyUsage = keyUsage;
        of.purpose = purpose;
        return root.issueServer(of);
    }
};

const World& world() {
    static const World kWorld;
    return kWorld;
}

KeyPair chained(const KeyPair& pair, const std::vector<std::string>& more) {
    KeyPair chain = pair;
    for (const auto& link : more) {
        chain.certificate += link;
    }
    return chain;
}

// The same certificate in lines of `width`, without the characters of `left`, with `before` its
// data.
std::string rewrapped(const std::string& pem, std::size_t width, const std::string& lineEnd = "\n",
                      const std::string& left = "", const std::string& before = "") {
    const auto begin = pem.find('\n') + 1;
    const auto end = pem.rfind("-----END");
    std::string data = pem.substr(begin, end - begin);
    std::erase_if(data, [&](char c) { return c == '\n' || left.find(c) != std::string::npos; });
    std::string text = pem.substr(0, begin) + before;
    for (std::size_t at = 0; at < data.size(); at += std::min(width, data.size())) {
        text += data.substr(at, width) + lineEnd;
    }
    return text + pem.substr(end);
}

struct Case {
    std::string name;
    std::string anchors;
    KeyPair server;
    bool isTrusted = true;
    std::string peerName = "api.example";
    std::string why = "";  // NOLINT(readability-redundant-string-init): may be left out
};
void PrintTo(const Case& given, std::ostream* out) {
    *out << given.name;
}

constexpr const char* kBroken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
constexpr const char* kNotBase64 = "-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n";
constexpr const char* kCutOff = "-----BEGIN CERTIFICATE-----\nMIIB\n";
constexpr const char* kOtherBlock = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";

std::vector<Case> anchorCases() {
    const World& w = world();
    const auto& root = w.root.certificate();
    const auto& middle = w.middle.certificate();
    const KeyPair chain = chained(w.ofMiddle, {middle});
    return {
        {"Root", root, w.ofRoot},
        {"RootOfAChain", root, chain},
        {"RootOfAChainThatTheServerDoesNotSend", root, w.ofMiddle, false},
        {"Intermediate", middle, w.ofMiddle},
        {"IntermediateThatTheServerSends", middle, chain},
        {"IntermediateThoughTheServerSendsTheRoot", middle, chained(w.ofMiddle, {middle, root})},
        {"Leaf", w.ofRoot.certificate, w.ofRoot},
        {"LeafOfAChain", w.ofMiddle.certificate, chain},
        {"AnotherLeaf", w.ofRoot.certificate, w.ofMiddle, false},
        {"LeafThatSignedNothing", w.ended.certificate, w.ofRoot, false},
        {"AnotherRoot", w.other.certificate(), w.ofRoot, false},
        {"SeveralRoots", w.other.certificate() + root, w.ofRoot},
        {"LeafThatHasEnded", w.ended.certificate, w.ended, false, "api.example", "expired"},
        {"RootOfALeafThatHasEnded", root, w.ended, false, "api.example", "expired"},
    };
}

std::vector<Case> subjectCases() {
    const World& w = world();
    const auto& before = w.before.certificate();
    const auto& after = w.after.certificate();
    const auto& middleBefore = w.middleBefore.certificate();
    const auto& middleAfter = w.middleAfter.certificate();
    return {
        {"OldAnchorOfOneSubject", before, w.ofAfter, false},
        {"TwoAnchorsOfOneSubject", before + after, w.ofAfter},
        {"TwoAnchorsOfOneSubjectTheOtherWay", after + before, w.ofAfter},
        {"TwoAnchorsOfOneSubjectButAnotherName", before + after, w.ofAfter, false, "x.example",
         "mismatch"},
        {"TwoAnchorsAndAChain", before + after, chained(w.ofMiddleAfter, {middleAfter})},
        {"TwoIntermediatesOfOneSubject", after,
         chained(w.ofMiddleAfter, {middleBefore, middleAfter})},
        {"TwoOfEach", before + after, chained(w.ofMiddleAfter, {middleBefore, middleAfter})},
        {"TwoIntermediatesAsAnchors", middleBefore + middleAfter, w.ofMiddleAfter},
    };
}

std::vector<Case> textCases() {
    const World& w = world();
    const auto& root = w.root.certificate();
    std::string crlf;
    for (const char c : root) {
        crlf += c == '\n' ? "\r\n" : std::string(1, c);
    }
    return {
        {"BrokenBlockBefore", kBroken + root, w.ofRoot},
        {"NoBase64Before", kNotBase64 + root, w.ofRoot},
        {"CutOffBlockBefore", kCutOff + root, w.ofRoot},
        {"OtherBlockBefore", kOtherBlock + root, w.ofRoot},
        {"BrokenBlockAfter", root + kBroken, w.ofRoot},
        {"BrokenBlockBetween", w.other.certificate() + kBroken + root, w.ofRoot},
        {"TextBefore", "# the cluster's\n\n" + root, w.ofRoot},
        {"TextInTheSameLine", "x" + root, w.ofRoot, false},
        {"CarriageReturns", crlf, w.ofRoot},
        {"OneLine", rewrapped(root, std::string::npos), w.ofRoot},
        {"LinesOfOne", rewrapped(root, 1), w.ofRoot},
        {"BlankLines", rewrapped(root, 48, "\n\n \t\n"), w.ofRoot},
        {"BlanksAtTheEndsOfLines", rewrapped(root, 64, " \t\r\n"), w.ofRoot},
        {"WithoutSomeCharacters", rewrapped(root, 64, "\n", "M"), w.ofRoot, false},
        {"WithAHeader", rewrapped(root, 64, "\n", "", "a: b\n\n"), w.ofRoot, false},
        {"TextInTheLineOfTheEnd", root.substr(0, root.size() - 1) + " x\n", w.ofRoot, false},
        {"NoEndOfTheLastLine", root.substr(0, root.size() - 1), w.ofRoot},
    };
}

std::vector<Case> nameCases() {
    const World& w = world();
    const auto& root = w.root.certificate();
    return {
        {"DotAtTheEnd", root, w.ofRoot, true, "api.example."},
        {"TwoDotsAtTheEnd", root, w.ofRoot, false, "api.example.."},
        {"UpperCase", root, w.ofRoot, true, "API.example"},
        {"Address", root, w.ofRoot, true, "127.0.0.1"},
        {"AnotherAddress", root, w.ofRoot, false, "127.0.0.2", "mismatch"},
        {"Wildcard", root, w.ofRoot, true, "a.wild.example"},
        {"WildcardWithADot", root, w.ofRoot, true, "a.wild.example."},
        {"WildcardOfTwoLabels", root, w.ofRoot, false, "a.b.wild.example"},
        {"WildcardOfATopLevel", root, w.ofNames, true, "a.example"},
        {"WildcardOfATopLevelInCapitals", root, w.ofNames, true, "A_B.EXAMPLE."},
        {"WildcardOfNoLabel", root, w.ofNames, false, "example"},
        {"WildcardOfAnEmptyLabel", root, w.ofNames, false, ".example"},
        {"WildcardAsItIsWritten", root, w.ofNames, true, "*.example"},
        {"WildcardAlone", root, w.ofNames, false, "localhost"},
        {"WildcardWithin", root, w.ofNames, false, "a.b.x.example"},
        {"WildcardOfAPart", root, w.ofNames, false, "foo.x.example"},
        {"DotInTheCertificate", root, w.ofNames, false, "dot.x"},
        {"DotInBoth", root, w.ofNames, true, "dot.x."},
        {"DotAlone", root, w.ofNames, false, "."},
        {"AddressAmongTheNames", root, w.ofNames, false, "10.0.0.1", "mismatch"},
        {"AddressOfIpV6", root, w.ofNames, true, "::1"},
        {"AddressOfIpV6InBrackets", root, w.ofNames, true, "[::1]"},
        {"AddressOfIpV6InFull", root, w.ofNames, true, "0:0:0:0:0:0:0:1"},
        {"AnotherAddressOfIpV6", root, w.ofNames, false, "::2", "mismatch"},
        {"AddressMappedToIpV6", root, w.ofRoot, true, "::ffff:127.0.0.1"},
        {"AddressWithALeadingZero", root, w.ofRoot, false, "127.0.0.01"},
        {"AddressWithADot", root, w.ofRoot, false, "127.0.0.1."},
        {"CommonName", root, w.nameless, false, "api.example",
         "none of its subject alternative names is api.example"},
        {"CommonNameOfTheAnchor", w.nameless.certificate, w.nameless, false},
        {"AnotherName", root, w.ofRoot, false, "b.example", "mismatch"},
    };
}

std::vector<Case> purposeCases() {
    const World& w = world();
    const auto& root = w.root.certificate();
    return {
        {"Clients", root, w.ofClients, false, "api.example", "unsuitable certificate purpose"},
        {"ClientsThoughItIsTheAnchor", w.ofClients.certificate, w.ofClients, false},
        {"ServersAndClients", root, w.ofSeveralPurposes},
        {"Any", root, w.ofAnyPurpose},
        {"KeyAgreement", root, w.ofKeyAgreement},
    };
}

class TrustTest : public testing::TestWithParam<Case> {
  protected:
    Result<Done> connect(const Case& given) {
        ScriptedServer server({[&given](ScriptedPeer& peer) {
            const auto context = test::serverContext(given.server);
            test::TlsConnection connection(peer.release(), context.get(), {});
            if (connection.accept()) {
                (void)connection.read();
            }
        }});
        auto tls = TlsContext::make({given.anchors, "", "", given.peerName, true});
        if (!tls) {
            return std::move(tls).error();
        }
        Socket socket(clock_);
        socket.setLimits({clock_.now() + std::chrono::seconds(20), {}});
        return socket.connect(server.endpoint(), std::move(tls).value());
    }

    runtime::SystemClock clock_;
};

TEST_P(TrustTest, IsAsGoHasIt) {
    const auto outcome = connect(GetParam());
    EXPECT_EQ(outcome.ok(), GetParam().isTrusted) << (outcome ? "" : outcome.error().message);
    if (!outcome) {
        EXPECT_THAT(outcome.error().message, testing::HasSubstr(GetParam().why));
    }
}

std::string nameOf(const testing::TestParamInfo<Case>& info) {
    return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(Anchors, TrustTest, testing::ValuesIn(anchorCases()), nameOf);
INSTANTIATE_TEST_SUITE_P(OneSubject, TrustTest, testing::ValuesIn(subjectCases()), nameOf);
INSTANTIATE_TEST_SUITE_P(Texts, TrustTest, testing::ValuesIn(textCases()), nameOf);
INSTANTIATE_TEST_SUITE_P(Purposes, TrustTest, testing::ValuesIn(purposeCases()), nameOf);
INSTANTIATE_TEST_SUITE_P(Names, TrustTest, testing::ValuesIn(nameCases()), nameOf);

}  // namespace
}  // namespace elector::kubernetes
