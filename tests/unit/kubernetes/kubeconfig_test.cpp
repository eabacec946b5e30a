#include "elector/kubernetes/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    const auto access = readKubeconfig({writeWith(
        "{server: 'https://h', certificate-authority: f, certificate-authority-data: Y2E=}",
        "{client-certificate-data: Y2VydA==, client-key-data: a2V5, client-key: f}")});
    EXPECT_EQ(access.authorities->read().value(), "ca");
    EXPECT_EQ(access.certificate->read().value(), "cert");
    EXPECT_EQ(access.key->read().value(), "key");
    EXPECT_EQ(access.server.port, 443);
    EXPECT_EQ(access.space, "default");
}

TEST_F(KubeconfigTest, ReadsTokensAndPrefersTheirFile) {
    EXPECT_EQ(readKubeconfig({writeWith(kServer, "{token: abc}")}).token->read().value(), "abc");
    EXPECT_EQ(readKubeconfig({writeWith(kServer, "{token: abc, tokenFile: t}")}).token->path(),
              std::filesystem::path(folder_.path()) / "t");
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
        {"{server: 'https://h', insecure-skip-tls-verify: yes}", "{}",
         "allowed are true and false"},
        {"{server: 'https://h', insecure-skip-tls-verify: true, certificate-authority: c}", "{}",
         "is true beside"},
        {"{server: 'https://h', certificate-authority-data: '&&&'}", "{}", "is not base64"},
        {"{server: ['a']}", "{}", "server is not a text"},
        {"text", "{}", "clusters[0].cluster is not a mapping"},
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
