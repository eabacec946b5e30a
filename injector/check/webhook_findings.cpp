#include "injector/check/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>

#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "injector/operator/selector.h"

namespace injector::check {

namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;
using elector::runtime::quoted;
using json_text::member;

// The conditions that the chart always sets: they hold for every Pod that asks.
bool isUsual(std::string_view condition) {
    return condition == "annotated" || condition == "not-the-injector";
}

std::string unusualConditions(std::string_view webhook) {
    std::string conditions;
    for (const auto each : json_text::elementsOf(member(webhook, "matchConditions").value_or(""))) {
        if (const auto name = json_text::textAt(each, "name"); !isUsual(name)) {
            conditions += (conditions.empty() ? "" : ", ") + quoted(name);
        }
    }
    return conditions;
}

// Adds what is to be said about one webhook.
class WebhookJudge {
  public:
    WebhookJudge(const WorkloadFacts& facts, const WebhookFact& fact, Report& report)
        : facts_(facts),
          webhook_(fact.webhook),
          name_(quoted(fact.configuration)),
          report_(report) {}

    // Whether Pods reach it.
    bool judge() {
        if (!selectsSpace() || !selectsPods()) {
            return false;
        }
        add(Weight::Well,
            fmt::format("the configuration \"{}\" sends the Pods of this namespace to the injector",
                        name_));
        if (const auto conditions = unusualConditions(webhook_); !conditions.empty()) {
            add(Weight::Note,
                fmt::format("it does so where its matchConditions hold, which are not judged "
                            "here: {}",
                            conditions));
        }
        addPolicy();
        return hasAuthority();
    }

  private:
    void add(Weight weight, std::string sentence) {
        report_.findings.push_back({weight, "webhook", std::move(sentence)});
    }

    bool selectsSpace() {
        const auto selector = member(webhook_, "namespaceSelector").value_or("");
        if (!facts_.space.object) {
            add(Weight::Note,
                fmt::format("whether the configuration \"{}\" selects the namespace is not known: "
                            "{}",
                            name_, facts_.space.problem));
            return true;
        }
        if (operators::selects(selector, operators::labelsOf(*facts_.space.object))) {
            return true;
        }
        add(Weight::Problem,
            fmt::format("the namespaceSelector of the configuration \"{}\" leaves out the "
                        "namespace {}: {}",
                        name_, quoted(facts_.target.key.space), quoted(selector, 300)));
        return false;
    }

    bool selectsPods() {
        const auto selector = member(webhook_, "objectSelector").value_or("");
        const auto podTemplate = cluster::templateOf(*facts_.target.kind, facts_.object);
        if (operators::selects(selector, operators::labelsOf(podTemplate.value_or("")))) {
            return true;
        }
        add(Weight::Problem,
            fmt::format("the objectSelector of the configuration \"{}\" leaves out Pods with the "
                        "labels of these: {}",
                        name_, quoted(selector, 300)));
        return false;
    }

    void addPolicy() {
        const bool fails = json_text::textAt(webhook_, "failurePolicy") != "Ignore";
        add(Weight::Well, fails ? "while the injector cannot be asked, Pods that ask for a sidecar "
                                  "are refused and tried again (failurePolicy Fail)"
                                : "while the injector cannot be asked, Pods that ask for a sidecar "
                                  "start without one (failurePolicy Ignore)");
    }

    bool hasAuthority() {
        const auto config = member(webhook_, "clientConfig").value_or("");
        if (!json_text::textAt(config, "caBundle").empty()) {
            return true;
        }
        add(Weight::Problem,
            fmt::format("the configuration \"{}\" has no caBundle, so that the API server cannot "
                        "trust the injector: it comes from the operator, from cert-manager or "
                        "from the chart's value certificates.secret.caBundle",
                        name_));
        return false;
    }

    const WorkloadFacts& facts_;
    std::string_view webhook_;
    std::string name_;
    Report& report_;
};

}  // namespace

bool addWebhook(const WorkloadFacts& facts, const Judgement& judgement, Report& report) {
    const auto& installation = facts.installation;
    if (judgement.decision.verdict == admission::Verdict::Already) {
        return true;
    }
    if (!installation.problem.empty()) {
        report.findings.push_back({Weight::Note, "webhook",
                                   fmt::format("whether the injector is installed is not known: {}",
                                               installation.problem)});
        return true;
    }
    if (installation.webhooks.empty()) {
        report.findings.push_back(
            {Weight::Problem, "webhook",
             fmt::format("the injector is not installed: no MutatingWebhookConfiguration has the "
                         "webhook {}; install the chart",
                         names::kWebhook)});
        return false;
    }
    bool isReached = false;
    for (const auto& webhook : installation.webhooks) {
        isReached = WebhookJudge(facts, webhook, report).judge() || isReached;
    }
    return isReached;
}

}  // namespace injector::check
