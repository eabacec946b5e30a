#include "injector/check/check.h"

#include <fmt/format.h>

#include <exception>
#include <ostream>
#include <stop_token>
#include <string>

#include "elector/config/invocation.h"
#include "elector/version.h"
#include "injector/check/diagnosis.h"
#include "injector/cluster/api.h"

namespace injector::check {

namespace {

using elector::config::kExitFailure;
using elector::config::kExitNoAnswer;
using elector::config::kExitSuccess;
using elector::config::Output;
using elector::config::Refusal;

int print(const Report& report, Output output, std::ostream& out) {
    out << (output == Output::Json ? asJson(report) : inWords(report)) << std::flush;
    return report.isWell ? kExitSuccess : kExitFailure;
}

int noAnswer(const elector::kubernetes::ApiError& error, std::ostream& err) {
    err << error.message << '\n';
    return kExitNoAnswer;
}

}  // namespace

elector::kubernetes::Access accessOf(const std::string& kubeconfig, const std::string& context) {
    try {
        if (auto access = elector::kubernetes::findAccess(kubeconfig, context)) {
            return *std::move(access);
        }
    } catch (const std::exception& error) {
        throw Refusal(error.what());
    }
    throw Refusal("there is no Kubernetes to be found: name a --kubeconfig");
}

int runCheck(const config::CheckRequest& request, const elector::runtime::Clock& clock,
             std::ostream& out, std::ostream& err) {
    const auto access = accessOf(request.kubeconfig, "");
    const auto space = request.space.empty() ? access.space : request.space;
    const std::stop_source never;
    if (request.workload.empty()) {
        cluster::Api api(access, clock, never.get_token());
        const auto pods = gatherPods(api, request.all ? "" : space, nullptr);
        return pods ? print(survey(pods.value(), request.all ? "" : space, elector::kVersion),
                            request.output, out)
                    : noAnswer(pods.error(), err);
    }
    const auto target = parseTarget(request.workload, space);
    cluster::Api api(access, clock, never.get_token());
    const auto facts = gatherWorkload(api, target, clock);
    if (!facts) {
        return noAnswer(facts.error(), err);
    }
    const auto& found = facts.value();
    if (!found) {
        err << fmt::format("there is no {} in the namespace {}\n", target.text(), space);
        return kExitFailure;
    }
    const auto judgement = judge(*found);
    const auto& lease = judgement.decision.leaseName;
    const auto leaseFacts = lease.empty() ? LeaseFacts() : gatherLease(api, {space, lease}, clock);
    return print(diagnose(*found, judgement, leaseFacts, elector::kVersion), request.output, out);
}

}  // namespace injector::check
