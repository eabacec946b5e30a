#include "elector/kubernetes/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/temporary_folder.h"

namespace elector::kubernetes {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class KubeconfigTest : public testing::Test {
  protected:
    std::filesystem::path write(const std::string& name, const std::string& text) {
        const auto path = std::filesystem::path(folder_.path()) / name;
        std::filesystem::create_directories(path.parent_path());
        test::writeText(path, text);
        return path;
    }

    // A kubeconfig whose cluster and user have these members.
    std::filesystem::path writeWith(const std::string& cluster, const std::string& user) {
        return write("config", "clusters:\n- name: c\n  cluster: " + cluster +
                                   "\nusers:\n- name: u\n  user: " + user +
                                   "\ncontexts:\n- name: x\n  context: {cluster: c, user: u}\n"
                                   "current-context: x\n");
    }

    test::TemporaryFolder folder_;
};

constexpr const char* kServer = "{server: 'https://10.0.0.1:6443'}";

TEST_F(KubeconfigTest, ReadsTheCurrentContext) {
    const auto file = write("config", R"(
apiVersion: v1
kind: Config
preferences: {}
current-context: two
contexts:
- {name: one, context: {cluster: a, user: a}}
- {name: two, context: {cluster: b, user: b, namespace: team}}
clusters:
- {name: a, cluster: {server: 'https://a:1'}}
- {name: b, cluster: {server: 'https://[fd00::1]:6443/k8s/b/', tls-server-name: api.example,
                      certificate-authority: pki/ca.crt, extensions: [1]}}
users:
- {name: a, user: {token: a}}
- {name: b, user: {client-certificate: pki/b.crt, client-key: /abs/b.key}}
)");
    const auto access = readKubeconfig({file});
    EXPECT_EQ(access.server.host, "fd00::1");
    EXPECT_EQ(access.server.port, 6443);
    EXPECT_EQ(access.server.text(), "https://[fd00::1]:6443/k8s/b");
    EXPECT_EQ(access.serverName, "api.example");
    EXPECT_EQ(access.space, "team");
    EXPECT_EQ(access.authorities->path(), file.parent_path() / "pki/ca.crt");
    EXPECT_EQ(access.certificate->path(), file.parent_path() / "pki/b.crt");
    EXPECT_EQ(access.key->path(), "/abs/b.key");
    EXPECT_FALSE(access.token.has_value());
    EXPECT_FALSE(access.skipVerify);
}

TEST_F(KubeconfigTest, ReadsInlineDataBeforeFiles) {
    const test::CertificateAuthority authority;
    const auto pair = authority.issueClient({"me", {}, {}, {}});
    const auto access = readKubeconfig(
        {writeWith("{server: 'https://h', certificate-authority: f, certificate-authority-data: " +
                       test::base64(authority.certificate()) + "}",
                   "{client-certificate-data: " + test::base64(pair.certificate) +
                       ", client-key-data: " + test::base64(pair.key) + ", client-key: f}")});
    EXPECT_EQ(access.authorities->read().value(), authority.certificate());
    EXPECT_EQ(access.certificate->read().value(), pair.certificate);
    EXPECT_EQ(access.key->read().value(), pair.key);
    EXPECT_EQ(access.server.port, 443);
    EXPECT_EQ(access.space, "default");
}

TEST_F(KubeconfigTest, ReadsTokensAndPrefersTheirFile) {
    EXPECT_EQ(readKubeconfig({writeWith(kServer, "{token: abc}")}).token->read().value(), "abc");
    const auto both = readKubeconfig({writeWith(kServer, "{token: abc, tokenFile: t}")});
    EXPECT_EQ(both.token->path(), std::filesystem::path(folder_.path()) / "t");
    EXPECT_EQ(both.spareToken, "abc");
}

TEST_F(KubeconfigTest, MergesListsSoThatTheFirstFileWins) {
    const auto first = write("one/config", R"(
current-context: x
users:
- {name: u, user: {tokenFile: here}}
)");
    const auto second = write("two/config", R"(
current-context: y
users:
- {name: u, user: {token: never}}
contexts:
- {name: x, context: {cluster: c, user: u}}
clusters:
- {name: c, cluster: {server: 'https://h', certificate-authority: ca}}
)");
    const auto access =
        readKubeconfig({std::filesystem::path(folder_.path()) / "missing", first, second});
    EXPECT_EQ(access.token->path(), first.parent_path() / "here");
    EXPECT_EQ(access.authorities->path(), second.parent_path() / "ca");
}

TEST_F(KubeconfigTest, ReadsTheContextThatIsNamed) {
    const auto file = write("config", R"(
current-context: one
contexts:
- {name: one, context: {cluster: c, user: u}}
- {name: two, context: {cluster: c, user: u, namespace: team}}
clusters:
- {name: c, cluster: {server: 'https://h'}}
users:
- {name: u, user: {token: a}}
)");
    EXPECT_EQ(readKubeconfig({file}).space, "default");
    EXPECT_EQ(readKubeconfig({file}, "two").space, "team");
    EXPECT_EQ(findAccess(file.string(), "two")->space, "team");
    EXPECT_THAT(
        [&] { (void)readKubeconfig({file}, "three"); },
        ThrowsMessage<std::runtime_error>(HasSubstr("contexts has no entry named \"three\"")));
    EXPECT_THAT([&] { (void)findAccess("", "two"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("is of a kubeconfig")));
}

TEST_F(KubeconfigTest, SplitsListsAsKubectlDoes) {
    EXPECT_THAT(splitKubeconfigList("a::b:a"), ElementsAre("a", "b"));
    EXPECT_THAT(splitKubeconfigList(":"), ElementsAre());
    EXPECT_THAT(splitKubeconfigList(""), ElementsAre());
}

struct RefusedConfig {
    const char* cluster;
    const char* user;
    const char* sentence;
};

TEST_F(KubeconfigTest, RefusesWithASentenceWhatItCannotDo) {
    const RefusedConfig kTable[] = {
        {kServer, "{exec: {command: aws}}", "line 6: users[0].user.exec is not supported"},
        {kServer, "{exec: {command: aws}}", "kubectl create token SERVICE_ACCOUNT"},
        {kServer, "{exec: {}}", "exec is not supported"},
        {kServer, "{auth-provider: {name: gcp}}", "auth-provider is not supported"},
        {kServer, "{username: me}", "username is not supported"},
        {kServer, "{password: x}", "password is not supported"},
        {kServer, "{as: admin}", "as is not supported"},
        {kServer, "{as-groups: [a]}", "as-groups is not supported"},
        {"{server: 'https://h', proxy-url: 'http://p'}", "{}", "proxy-url is not supported"},
        {"{server: 'http://10.0.0.1:80'}", "{token: a}", "credentials are never sent in the clear"},
        {"{server: 'http://127.0.0.1:80'}", "{token: a}", "never sent in the clear"},
        {"{server: 'http://10.0.0.1:80'}", "{}", "allowed for a loopback address only"},
        {"{}", "{}", "clusters[0].cluster.server is missing"},
        {"{server: 'ftp://h'}", "{}", "begins with neither"},
        {"{server: 'https://h%0d%0aX: y'}", "{}", "is no URL"},
        {"{server: \"https://h\\x01\"}", "{}",
         R"("https://h\x01" has a host that is neither a name nor an IP address)"},
        {"{server: 'https://a b:6443'}", "{}", "neither a name nor an IP address"},
        {"{server: 'https://h?x=1'}", "{}", "has a user, a query"},
        {"{server: 'https://h', insecure-skip-tls-verify: perhaps}", "{}",
         "allowed are true and false"},
        {"{server: 'https://h', insecure-skip-tls-verify: 'true'}", "{}",
         "a text between quotes; allowed are true and false"},
        {"{server: 'https://h', insecure-skip-tls-verify: true, certificate-authority: c}", "{}",
         "is true beside"},
        {"{server: 'https://h', certificate-authority-data: '&&&'}", "{}", "is not base64"},
        {"{server: ['a']}", "{}", "server is not a text"},
        {"text", "{}", "clusters[0].cluster is not a mapping"},
        {"{server: 'https://h', certificate-authority-data: Z2FyYmFnZQ==}", "{}",
         "certificate-authority-data holds no certificate"},
        {kServer, "{client-certificate-data: Z2FyYmFnZQ==, client-key-data: Z2FyYmFnZQ==}",
         "client-certificate-data holds no certificate"},
        {kServer, "{client-certificate-data: Z2FyYmFnZQ==, client-key: file}",
         "client-certificate-data holds no certificate"},
        {kServer, "{token: \"a\\nb\"}", "token holds characters that no token has"},
        {kServer, "{<<: text}", "a merge key (<<) names no mapping"},
        {kServer, "&a {<<: *a}", "merge keys (<<) without end"},
        {kServer, "{client-certificate: a}", "without a key"},
        {kServer, "{client-key: a}", "without a certificate"},
    };
    for (const auto& [cluster, user, sentence] : kTable) {
        const auto file = writeWith(cluster, user);
        EXPECT_THAT([&] { (void)readKubeconfig({file}); },
                    ThrowsMessage<std::runtime_error>(HasSubstr(sentence)))
            << cluster << user;
    }
}

// Of which kubectl takes each.
TEST_F(KubeconfigTest, TakesWhatIsEmptyForAbsent) {
    const std::vector<std::pair<const char*, const char*>> table{
        {"{server: 'https://h', proxy-url: ''}", "{}"},
        {"{server: 'https://h', proxy-url: null}", "{}"},
        {"{server: 'https://h', certificate-authority: '', certificate-authority-data: ''}", "{}"},
        {"{server: 'https://h', tls-server-name: ''}", "{}"},
        {kServer, "{username: '', password: ''}"},
        {kServer, "{as: '', as-uid: '', as-groups: [], as-user-extra: {}}"},
        {kServer, "{exec: null, auth-provider: ~}"},
        {kServer, "{token: '', tokenFile: ''}"},
        {kServer, "{client-certificate: '', client-key-data: ''}"},
    };
    for (const auto& [cluster, user] : table) {
        const auto access = readKubeconfig({writeWith(cluster, user)});
        EXPECT_FALSE(access.authorities || access.certificate || access.key || access.token)
            << cluster << user;
        EXPECT_EQ(access.serverName, "");
    }
}

TEST_F(KubeconfigTest, ReadsTrueAndFalseAsYaml11HasThem) {
    for (const std::string word : {"true", "True", "TRUE", "yes", "Yes", "on", "y", "Y"}) {
        const auto cluster = "{server: 'https://h', insecure-skip-tls-verify: " + word + "}";
        EXPECT_TRUE(readKubeconfig({writeWith(cluster, "{}")}).skipVerify) << word;
    }
    for (const std::string word : {"false", "False", "no", "NO", "off", "n", "''", "null"}) {
        const auto cluster = "{server: 'https://h', insecure-skip-tls-verify: " + word + "}";
        EXPECT_FALSE(readKubeconfig({writeWith(cluster, "{}")}).skipVerify) << word;
    }
}

TEST_F(KubeconfigTest, MergesAsYamlHasIt) {
    const auto with = [this](const std::string& cluster) {
        return readKubeconfig({write("config",
                                     "a: &a {certificate-authority: a, server: 'https://a'}\n"
                                     "b: &b {certificate-authority: b, server: 'https://b', "
                                     "tls-server-name: n}\n"
                                     "c: &c {<<: *a, tls-server-name: c}\n"
                                     "clusters: [{name: c, cluster: " +
                                         cluster +
                                         "}]\n"
                                         "contexts: [{name: x, context: {cluster: c}}]\n"
                                         "current-context: x\n")});
    };
    const auto one = with("{<<: *a, server: 'https://h'}");
    EXPECT_EQ(one.server.host, "h");
    EXPECT_EQ(one.authorities->path()->filename(), "a");
    const auto first = with("{<<: [*a, *b]}");
    EXPECT_EQ(first.server.host, "a");
    EXPECT_EQ(first.serverName, "n");
    const auto nested = with("{<<: *c}");
    EXPECT_EQ(nested.server.host, "a");
    EXPECT_EQ(nested.serverName, "c");
    EXPECT_EQ(with("{server: 'https://x', server: 'https://y'}").server.host, "y");
    EXPECT_THAT([&] { (void)with("{'<<': *a}"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("server is missing")));
}

TEST_F(KubeconfigTest, MergesOfMergesCannotKeepItBusy) {
    std::string text = "l0: &l0 {x: y}\n";
    for (int level = 1; level < 30; ++level) {
        const auto below = "*l" + std::to_string(level - 1);
        text += "l" + std::to_string(level) + ": &l" + std::to_string(level) + " {<<: [" + below +
                ", " + below + "]}\n";
    }
    text += "current-context: x\ncontexts: [{name: x, context: {<<: *l29}}]\n";
    const auto file = write("config", text);
    EXPECT_THAT([&] { (void)readKubeconfig({file}); },
                ThrowsMessage<std::runtime_error>(HasSubstr("merge keys (<<) without end")));
}

TEST_F(KubeconfigTest, PrintsNoPasswordOfAServersAddress) {
    for (const std::string url :
         {"https://me:secret@h", "https://me:se/cret@h", "https://me:secret@h:x", "me:secret@h",
          "https://me:secret@h?x=y", "https://me:secret@[", "https://me:sec@ret@h"}) {
        const auto file = writeWith("{server: '" + url + "'}", "{}");
        EXPECT_THAT([&] { (void)readKubeconfig({file}); },
                    ThrowsMessage<std::runtime_error>(
                        AllOf(HasSubstr("server is wrong"), HasSubstr("@"),
                              testing::Not(HasSubstr("sec")), testing::Not(HasSubstr("cret")))))
            << url;
    }
}

TEST_F(KubeconfigTest, RefusesAKeyThatIsNotThatOfItsCertificate) {
    const test::CertificateAuthority authority;
    const auto pair = authority.issueClient({"me", {}, {}, {}});
    const auto other = authority.issueClient({"other", {}, {}, {}});
    for (const std::string& key : {other.key, std::string("garbage")}) {
        const auto file =
            writeWith(kServer, "{client-certificate-data: " + test::base64(pair.certificate) +
                                   ", client-key-data: " + test::base64(key) + "}");
        EXPECT_THAT([&] { (void)readKubeconfig({file}); },
                    ThrowsMessage<std::runtime_error>(
                        HasSubstr("users[0].user.client-key-data is of no use")));
    }
}

TEST_F(KubeconfigTest, AllowsPlainHttpToLoopbackWithoutCredentials) {
    const auto access = readKubeconfig({writeWith("{server: 'http://127.0.0.1:8001'}", "{}")});
    EXPECT_EQ(access.server.text(), "http://127.0.0.1:8001");
}

TEST_F(KubeconfigTest, NamesFileLineAndRemedyOfWhatIsWrong) {
    const auto missing = std::filesystem::path(folder_.path()) / "none";
    EXPECT_THAT([&] { (void)readKubeconfig({missing}); },
                ThrowsMessage<std::runtime_error>(
                    AllOf(HasSubstr(missing.string()), HasSubstr("No such file"))));
    EXPECT_THAT(
        [&] { (void)readKubeconfig({missing, missing.string() + "2"}); },
        ThrowsMessage<std::runtime_error>(HasSubstr("none of the kubeconfig files exists")));
    EXPECT_THAT([&] { (void)readKubeconfig({std::filesystem::path(folder_.path())}); },
                ThrowsMessage<std::runtime_error>(HasSubstr("no regular file")));
    const auto check = [&](const std::string& text, const char* sentence) {
        const auto file = write("broken", text);
        EXPECT_THAT(
            [&] { (void)readKubeconfig({file}); },
            ThrowsMessage<std::runtime_error>(AllOf(HasSubstr(file.string()), HasSubstr(sentence))))
            << text.substr(0, 100);
    };
    check("a: 1\nb: [\n", "is not valid YAML");
    check("a: 1\n b: 2\n", "line 2");
    check("a: \"\\\xb7\"\n", R"(is not valid YAML: unknown escape character: \xb7)");
    check("- a\n", "is not a mapping");
    check("", "current-context is missing");
    check("current-context: x\n", "contexts has no entry named \"x\"");
    check("current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n",
          "clusters has no entry named \"c\"");
    check("current-context: x\ncontexts: [{name: x, context: {}}]\n", "cluster is missing");
    check("current-context: x\ncontexts:\n- {name: x, context: {}}\n- {name: x, context: {}}\n",
          "stands there twice");
    check("current-context: x\ncontexts: {a: b}\n", "contexts is not a list");
    check("current-context: [x]\n", "current-context is not a text");
    check("a: " + std::string(5000, '[') + "\n", "is not valid YAML");
    check(std::string(2 << 20, '#'), "longer than");
}

}  // namespace
}  // namespace elector::kubernetes
