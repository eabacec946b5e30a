#include "tests/unit/injector/admission/review_support.h"

#include <Poco/Base64Decoder.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <fmt/format.h>

#include <iterator>
#include <sstream>

namespace injector::admission {

namespace {

std::string decodeBase64(const std::string& text) {
    std::istringstream encoded(text);
    Poco::Base64Decoder decoder(encoded);
    return {std::istreambuf_iterator<char>(decoder), {}};
}

}  // namespace

std::string reviewOf(std::string_view pod, std::string_view space) {
    return fmt::format(
        R"({{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{{)"
        R"("uid":"705ab4f5-6393-11e8-b7cc-42010a800002",)"
        R"("kind":{{"group":"","version":"v1","kind":"Pod"}},)"
        R"("resource":{{"group":"","version":"v1","resource":"pods"}},)"
        R"("requestKind":{{"group":"","version":"v1","kind":"Pod"}},)"
        R"("requestResource":{{"group":"","version":"v1","resource":"pods"}},)"
        R"("namespace":"{}","operation":"CREATE",)"
        R"("userInfo":{{"username":"system:serviceaccount:kube-system:replicaset-controller",)"
        R"("groups":["system:serviceaccounts","system:authenticated"]}},)"
        R"("object":{},"oldObject":null,"dryRun":false,)"
        R"("options":{{"kind":"CreateOptions","apiVersion":"meta.k8s.io/v1"}}}}}})",
        space, pod);
}

ReadAnswer readAnswer(const ReviewAnswer& answer) {
    const auto parsed = Poco::JSON::Parser().parse(answer.body);
    const auto review = parsed.extract<Poco::JSON::Object::Ptr>();
    const auto response = review->getObject("response");
    ReadAnswer read;
    read.apiVersion = review->getValue<std::string>("apiVersion");
    read.kind = review->getValue<std::string>("kind");
    read.uid = response->getValue<std::string>("uid");
    read.allowed = response->getValue<bool>("allowed");
    if (const auto status = response->getObject("status")) {
        read.code = status->getValue<int>("code");
        read.reason = status->getValue<std::string>("reason");
        read.message = status->getValue<std::string>("message");
    }
    read.patchType = response->optValue<std::string>("patchType", "");
    read.patch = decodeBase64(response->optValue<std::string>("patch", ""));
    if (const auto warnings = response->getArray("warnings")) {
        for (std::size_t i = 0; i < warnings->size(); ++i) {
            read.warnings.push_back(warnings->getElement<std::string>(static_cast<unsigned>(i)));
        }
    }
    return read;
}

}  // namespace injector::admission
