#include <gtest/gtest.h>

#include "tests/unit/injector/config/invocation_support.h"

// Every refusal, by its whole sentence.
namespace injector::config {
namespace {

struct Refused {
    Arguments arguments;
    std::string sentence;
};
void PrintTo(const Refused& refused, std::ostream* out) {
    *out << refused.sentence;
}

class RefusalTest : public testing::TestWithParam<Refused> {};

TEST_P(RefusalTest, SaysFlagValueAndWhatIsAllowed) {
    EXPECT_EQ(refusalOf(GetParam().arguments), GetParam().sentence);
}

const std::string kObject =
    "an object's name is a DNS subdomain: lower-case letters, digits, dashes and points, beginning "
    "and ending with a letter or digit, at most 253 characters";
const std::string kSpace =
    "a namespace's name is a DNS label: lower-case letters, digits and dashes, beginning and "
    "ending with a letter or digit, at most 63 characters";
const std::string kDuration = "write a duration with its units, such as 10s, 1m30s or 500ms";
const std::string kImage = "an image's reference has 1 to 512 letters, digits and ._-+/:@[]";
const std::string kReference =
    "allowed is [REGISTRY/]REPOSITORY[:TAG][@DIGEST], the repository in lower case";

INSTANTIATE_TEST_SUITE_P(
    Commands, RefusalTest,
    testing::Values(
        Refused{{},
                "there is no command: allowed are webhook, operator, inject, check, leader; --help "
                "explains them"},
        Refused{{"webhok"},
                "unknown command \"webhok\" (did you mean webhook?): allowed are webhook, "
                "operator, inject, check, leader"},
        Refused{{"--frob"}, "unknown flag --frob: --help lists those that there are"},
        Refused{{"--help", "webhook"},
                "unexpected argument \"webhook\": a command stands first, as in "
                "leader-elector-injector webhook"},
        Refused{webhookWith({"extra"}),
                "unexpected argument \"extra\": values follow their flags, as in --namespace=web; "
                "--help lists what is allowed"},
        Refused{webhookWith({"--certifcate=x"}),
                "unknown flag --certifcate (did you mean --certificate?): --help lists those that "
                "there are"}));

INSTANTIATE_TEST_SUITE_P(
    Webhook, RefusalTest,
    testing::Values(
        Refused{{"webhook", "-n=system"},
                "--certificate is missing: name the PEM file with the certificate"},
        Refused{{"webhook", "--certificate=/c"},
                "--namespace (or NAMESPACE) is missing: name the namespace that the injector runs "
                "in"},
        Refused{webhookWith({"--certificate="}), "--certificate \"\" is refused: name a file"},
        Refused{webhookWith({"--key="}), "--key \"\" is refused: name a file"},
        Refused{webhookWith({"--addr=hook:1"}),
                "--addr \"hook:1\" is refused: allowed are :PORT, localhost:PORT, ADDRESS:PORT and "
                "[IPV6-ADDRESS]:PORT with a port up to 65535"},
        Refused{webhookWith({"--health-addr=8081"}),
                "--health-addr \"8081\" is refused: allowed are :PORT, localhost:PORT, "
                "ADDRESS:PORT and [IPV6-ADDRESS]:PORT with a port up to 65535"},
        Refused{webhookWith({"--shutdown-delay=11m"}),
                "--shutdown-delay \"11m\" is refused: allowed is a duration from 0s to 10m"},
        Refused{webhookWith({"--shutdown-delay=-1s"}),
                "--shutdown-delay \"-1s\" is refused: allowed is a duration from 0s to 10m"},
        Refused{webhookWith({"--shutdown-delay=10"}),
                "--shutdown-delay \"10\" is refused: " + kDuration},
        Refused{webhookWith({"-n=System"}), "-n \"System\" is refused: " + kSpace},
        Refused{webhookWith({"--log-level=loud"}),
                "--log-level \"loud\" is refused: allowed are debug, info, warn and error"},
        Refused{webhookWith({"--log-format=xml"}),
                "--log-format \"xml\" is refused: allowed are text and json"}));

INSTANTIATE_TEST_SUITE_P(
    Sidecar, RefusalTest,
    testing::Values(
        Refused{injectWith({"--image="}), "--image \"\" is refused: " + kImage},
        Refused{injectWith({"--image=a b"}), "--image \"a b\" is refused: " + kImage},
        Refused{injectWith({"--image=r.example/Web"}),
                "--image \"r.example/Web\" is refused: " + kReference},
        Refused{injectWith({"--image-pull-policy=always"}),
                "--image-pull-policy \"always\" is refused: allowed are Always, IfNotPresent and "
                "Never"},
        Refused{injectWith({"--mode=native"}),
                "--mode \"native\" is refused: allowed are sidecar and container"},
        Refused{injectWith({"--sidecar-log-level=loud"}),
                "--sidecar-log-level \"loud\" is refused: allowed are debug, info, warn and error"},
        Refused{injectWith({"--lease-duration=10"}),
                "--lease-duration \"10\" is refused: " + kDuration},
        Refused{injectWith({"--lease-duration=1500ms"}),
                "--lease-duration \"1500ms\" is not allowed: a Lease records whole seconds, from "
                "1s to 1h"},
        Refused{injectWith({"--lease-duration=5s"}),
                "--lease-renew-duration \"5s\" (the default) is too long: allowed is at most 0.9 x "
                "the lease duration = 0.9 x 5s = 4.5s, so that a leader has stopped before another "
                "may start"},
        Refused{injectWith({"--cpu-request=2"}),
                "--cpu-request \"2\" is refused beside --cpu-limit \"50m\" (the default): a "
                "request is at most its limit"},
        Refused{injectWith({"--memory-request=1Gi", "--memory-limit=512Mi"}),
                "--memory-request \"1Gi\" is refused beside --memory-limit \"512Mi\": a request is "
                "at most its limit"}));

INSTANTIATE_TEST_SUITE_P(
    Operator, RefusalTest,
    testing::Values(
        Refused{{"operator", "-n=system"},
                "--lease-name is missing: name the Lease that the operator's replicas campaign "
                "for"},
        Refused{{"operator", "--lease-name=op"},
                "--namespace (or NAMESPACE) is missing: name the namespace that the injector runs "
                "in"},
        Refused{operatorWith({}),
                "--certificate-secret is missing: --certificates=own needs it; with "
                "--certificates=given somebody else makes the certificate"},
        Refused{operatorWith({"--certificate-secret=t"}),
                "--authority-secret is missing: --certificates=own needs it; with "
                "--certificates=given somebody else makes the certificate"},
        Refused{operatorWith({"--certificate-secret=t", "--authority-secret=a"}),
                "--service is missing: --certificates=own needs it; with --certificates=given "
                "somebody else makes the certificate"},
        Refused{operatorWith({"--certificate-secret=t", "--authority-secret=a", "--service=s"}),
                "--webhook-configuration is missing: --certificates=own needs it; with "
                "--certificates=given somebody else makes the certificate"},
        Refused{operatorWith({"--certificates=given", "--certificate-secret=a"}),
                "--certificate-secret \"a\" is refused beside --certificates \"given\": it is not "
                "touched then; allowed is one of the two"},
        Refused{operatorWith({"--certificates=given", "--authority-secret=a"}),
                "--authority-secret \"a\" is refused beside --certificates \"given\": it is not "
                "touched then; allowed is one of the two"},
        Refused{operatorWith({"--certificates=given", "--webhook-configuration=a"}),
                "--webhook-configuration \"a\" is refused beside --certificates \"given\": it is "
                "not touched then; allowed is one of the two"},
        Refused{operatorWith({"--certificates=mine"}),
                "--certificates \"mine\" is refused: allowed are own and given"},
        Refused{ownOperatorWith({"--authority-secret=A"}),
                "--authority-secret \"A\" is refused: " + kObject},
        Refused{ownOperatorWith({"--certificate-secret=a b"}),
                "--certificate-secret \"a b\" is refused: " + kObject},
        Refused{ownOperatorWith({"--webhook-configuration=_"}),
                "--webhook-configuration \"_\" is refused: " + kObject},
        Refused{
            ownOperatorWith({"--service=a.b"}),
            "--service \"a.b\" is refused: a Service's name is a DNS label: lower-case letters, "
            "digits and dashes, beginning and ending with a letter or digit, at most 63 "
            "characters"},
        Refused{ownOperatorWith({"--lease-name=A"}),
                "--lease-name \"A\" is refused: a Lease's name is a DNS subdomain: lower-case "
                "letters, digits, dashes and points, beginning and ending with a letter or digit, "
                "at most 253 characters"},
        Refused{ownOperatorWith({"--id=leader-elector.io/vacant"}),
                "--id \"leader-elector.io/vacant\" is refused: the name is reserved for a Lease "
                "that nobody holds"},
        Refused{ownOperatorWith({"--pod-uid=a/b"}),
                "--pod-uid \"a/b\" is refused: a Pod's UID has letters, digits and dashes, at most "
                "64"},
        Refused{ownOperatorWith({"--copy-annotations=maybe"}),
                "--copy-annotations \"maybe\" is refused: allowed are true and false"},
        Refused{ownOperatorWith({"--manage-rbac=no"}),
                "--manage-rbac \"no\" is refused: allowed are true and false"}));

INSTANTIATE_TEST_SUITE_P(
    Tools, RefusalTest,
    testing::Values(
        Refused{{"inject"},
                "--filename (or -f) is missing: name the file with the manifests, or - for "
                "standard input"},
        Refused{{"inject", "-f"}, "-f needs a value: write -f=FILE"},
        Refused{{"inject", "web.yaml"},
                "unexpected argument \"web.yaml\": values follow their flags, as in "
                "--namespace=web; --help lists what is allowed"},
        Refused{{"check", "deployment"},
                "check \"deployment\" is refused: name a workload by kind and name, as in "
                "deployment/web"},
        Refused{{"check", "deployment/"},
                "check \"deployment/\" is refused: name a workload by kind and name, as in "
                "deployment/web"},
        Refused{{"check", "a/b/c"},
                "check \"a/b/c\" is refused: name a workload by kind and name, as in "
                "deployment/web"},
        Refused{{"check", "deployment/a", "deployment/b"},
                "unexpected argument \"deployment/b\": values follow their flags, as in "
                "--namespace=web; --help lists what is allowed"},
        Refused{{"check", "-A", "deployment/web"},
                "check \"deployment/web\" is refused beside --all-namespaces: a workload is in one "
                "namespace, named by --namespace"},
        Refused{{"check", "-A", "-n", "shop"},
                "-n \"shop\" is refused beside -A \"true\": allowed is one of the two"},
        Refused{{"check", "-o", "yaml"}, "-o \"yaml\" is refused: allowed are human and json"}));

TEST(QuantityRefusalTest, NamesTheFlagOfEachQuantity) {
    for (const char* flag :
         {"--cpu-request", "--cpu-limit", "--memory-request", "--memory-limit"}) {
        EXPECT_TRUE(refusalOf(injectWith({std::string(flag) + "=much"}))
                        .starts_with(std::string(flag) + " \"much\" is refused: "))
            << flag;
    }
}

TEST(EnvironmentRefusalTest, NamesTheVariable) {
    EXPECT_EQ(refusalOf({"webhook", "--certificate=/c"}, {{"NAMESPACE", "A"}}),
              "NAMESPACE \"A\" (the environment's --namespace) is refused: " + kSpace);
}

}  // namespace
}  // namespace injector::config
