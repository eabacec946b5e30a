// Flags of the commands that people call by hand: inject and check.
#include "injector/config/flag_tables.h"
#include "injector/config/shared_flags.h"

namespace injector::config {
namespace {

using elector::config::assignChoice;
using elector::config::Output;

std::vector<Flag<InjectRequest>> manifestFlags() {
    return {
        {{.name = "filename",
          .placeholder = "FILE",
          .shown = "required",
          .purpose = "The manifests, YAML or JSON; - for standard input.",
          .letter = "f"},
         [](InjectRequest& request, const std::string& value) {
             request.file = value;
             return complaintAboutPath(value);
         }},
        {{.name = "namespace",
          .placeholder = "NAME",
          .fallback = "default",
          .purpose = "The namespace of objects that name none.",
          .letter = "n"},
         [](InjectRequest& request, const std::string& value) {
             request.space = value;
             return elector::config::complaintAboutNamespace(value);
         }},
    };
}

}  // namespace

const std::vector<Flag<InjectRequest>>& injectFlags() {
    static const std::vector<Flag<InjectRequest>> kFlags = [] {
        std::vector<Flag<InjectRequest>> flags = manifestFlags();
        append(flags, sidecarFlags<InjectRequest>());
        return flags;
    }();
    return kFlags;
}

const std::vector<Flag<CheckRequest>>& checkFlags() {
    static const std::vector<Flag<CheckRequest>> kFlags{
        {{.name = "namespace",
          .placeholder = "NAME",
          .shown = "the kubeconfig's",
          .purpose = "Where to look.",
          .letter = "n"},
         [](CheckRequest& request, const std::string& value) {
             request.space = value;
             return elector::config::complaintAboutNamespace(value);
         }},
        {{.name = "all-namespaces",
          .placeholder = "true|false",
          .purpose = "Look in all namespaces.",
          .letter = "A",
          .isSwitch = true},
         [](CheckRequest& request, const std::string& value) {
             return assignChoice(request.all, value, {{"true", true}, {"false", false}});
         }},
        {{.name = "output",
          .placeholder = "human|json",
          .fallback = "human",
          .purpose = "How to print the answer.",
          .letter = "o"},
         [](CheckRequest& request, const std::string& value) {
             return assignChoice(request.output, value,
                                 {{"human", Output::Human}, {"json", Output::Json}});
         }},
        {{.name = "kubeconfig",
          .placeholder = "FILE",
          .environment = "KUBECONFIG",
          .shown = "in-cluster; outside of one $HOME/.kube/config",
          .purpose = "How to reach the cluster."},
         [](CheckRequest& request, const std::string& value) {
             request.kubeconfig = value;
             return std::string();
         }},
    };
    return kFlags;
}

}  // namespace injector::config
