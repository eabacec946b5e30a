#include "injector/offline/object.h"

#include <fmt/format.h>

#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "injector/admission/admission.h"
#include "injector/offline/workload.h"

namespace injector::offline {

namespace {

namespace json_text = elector::json_text;
using admission::Verdict;
using elector::runtime::quoted;
using json_text::at;
using json_text::Kind;
using json_text::member;

// Adds the verdict on one object to its report.
class Judge {
  public:
    Judge(std::string_view object, std::string_view apiVersion, std::string_view kind,
          const config::InjectRequest& request)
        : object_(object),
          metadata_(at(object, {"metadata"})),
          kind_(json_text::textAt(object, "kind", kind)),
          workload_(cluster::findWorkloadKind(json_text::textAt(object, "apiVersion", apiVersion),
                                              kind_)),
          request_(request) {}

    ObjectReport judge() && {
        if (workload_ == nullptr) {
            lookAtForeign();
        } else {
            lookAtWorkload(*workload_);
        }
        return std::move(report_);
    }

  private:
    void note(std::string_view sentence) {
        report_.notes.push_back(fmt::format("{}: {}", name(), sentence));
    }
    void refuse(std::string_view sentence) {
        report_.refusals.push_back(fmt::format("{}: {}", name(), sentence));
    }

    // "Deployment/web"; of a Job with generateName, "Job/migrate-*".
    std::string name() const {
        const auto given = json_text::textAt(metadata_, "name");
        const auto generated = json_text::textAt(metadata_, "generateName");
        return fmt::format("{}/{}", quoted(kind_),
                           quoted(given.empty() && !generated.empty() ? generated + "*" : given));
    }

    void lookAtForeign() {
        // Any kind with a Pod template where a Deployment has it: Rollout, Service of Knative.
        const WorkloadKind like{{}, "", {"spec", "template"}};
        const auto podTemplate = templateOf(like, object_);
        const auto annotated = annotationsOf(like, object_);
        if (podTemplate && member(at(*podTemplate, {"spec"}), "containers") &&
            (annotated.itself || annotated.onTemplate)) {
            report_.isAsked = true;
            note(
                "this kind is not injected offline, and stays as it is; in a cluster the webhook "
                "injects its Pods where their own annotations ask for it");
        }
    }

    void lookAtWorkload(const WorkloadKind& kind) {
        const auto annotated = annotationsOf(kind, object_);
        report_.isAsked = annotated.itself || annotated.onTemplate;
        const bool copies = annotated.itself && kind.copying != Copying::Never && !isOwned(object_);
        if (annotated.itself && !copies) {
            note(fmt::format("its own annotations have no effect, since {}; annotate {}",
                             kind.copying == Copying::Never
                                 ? "those of this kind are not copied to its Pods"
                                 : "a controller owns it",
                             kind.copying == Copying::Never ? "its Pod template" : "its owner"));
        }
        if (!annotated.onTemplate && !copies) {
            return;
        }
        if (const auto wrong = complaint(kind); !wrong.empty()) {
            refuse(wrong);
            return;
        }
        inject(kind, copies ? Copies::Yes : Copies::No);
    }

    // What makes it impossible to write into the template, or "".
    std::string complaint(const WorkloadKind& kind) const {
        const auto podTemplate = templateOf(kind, object_);
        if (!podTemplate) {
            return "it has no Pod template; write one";
        }
        if (kind.isPod()) {
            return "";  // a Pod is written by the decision's own patch, which judges it itself
        }
        const auto metadata = member(*podTemplate, "metadata");
        if (metadata && json_text::kindOf(*metadata) != Kind::Object) {
            return fmt::format("metadata of its Pod template is {}, not an object",
                               json_text::describe(json_text::kindOf(*metadata)));
        }
        for (const std::string_view key : {"annotations", "labels"}) {
            const auto value = member(metadata.value_or(""), key);
            if (value && json_text::kindOf(*value) != Kind::Object) {
                return fmt::format("metadata.{} of its Pod template is {}, not an object", key,
                                   json_text::describe(json_text::kindOf(*value)));
            }
        }
        return "";
    }

    void inject(const WorkloadKind& kind, Copies copies) {
        const auto pod = podOf(kind, object_, copies);
        const auto decision = admission::admit(
            pod, json_text::textAt(metadata_, "namespace", request_.space), request_.defaults);
        switch (decision.verdict) {
            case Verdict::NotAsked:
                if (!decision.reason.empty()) {
                    note(decision.reason);
                }
                return;
            case Verdict::Already:
                note("it has its sidecar already, and stays as it is");
                return;
            case Verdict::Skipped:
                note(fmt::format("it gets no sidecar: {}", decision.reason));
                return;
            case Verdict::Refused:
            case Verdict::Failed:
                refuse(decision.reason);
                return;
            case Verdict::Injected:
                break;
        }
        const auto podTemplate = templateOf(kind, object_).value_or(object_);
        report_.injected = std::string(object_);
        report_.injected->replace(
            static_cast<std::size_t>(podTemplate.data() - object_.data()), podTemplate.size(),
            templateFrom(kind, object_, admission::apply(pod, decision.patch)));
    }

    std::string_view object_;
    std::string_view metadata_;
    std::string kind_;
    const WorkloadKind* workload_;
    const config::InjectRequest& request_;
    ObjectReport report_;
};

}  // namespace

ObjectReport injectObject(std::string_view object, std::string_view apiVersion,
                          std::string_view kind, const config::InjectRequest& request) {
    return Judge(object, apiVersion, kind, request).judge();
}

}  // namespace injector::offline
