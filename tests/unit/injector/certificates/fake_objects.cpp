#include "tests/unit/injector/certificates/fake_objects.h"

#include <fmt/format.h>

#include <utility>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "injector/certificates/certificate.h"

namespace injector::certificates {
namespace {

namespace json_text = elector::json_text;
using elector::http::Request;
using elector::http::Response;
using elector::runtime::jsonString;

constexpr const char* kConfiguration = "hook";
constexpr const char* kBundle = "caBundle";
constexpr const char* kSecrets = "/api/v1/namespaces/system/secrets";

Response status(int code, const std::string& message) {
    Response response = Response::json(fmt::format(
        R"({{"kind":"Status","apiVersion":"v1","code":{},"message":"{}"}})", code, message));
    response.status = code;
    return response;
}

std::string textIn(std::string_view object, std::string_view key) {
    return json_text::stringIn(json_text::member(object, key).value_or("")).value_or("");
}

}  // namespace

FakeObjects::FakeObjects(const elector::runtime::Clock& clock, const elector::runtime::Log& log)
    : objects_{{"hook-ca", {}}, {"hook-tls", {}}, {kConfiguration, {}}},
      webhookName_(elector::names::kWebhook) {
    elector::http::Router router;
    addRoutes(router);
    elector::http::ServerOptions options;
    options.host = "127.0.0.1";
    options.limits.bodyBytes = std::size_t{1} << 20U;
    server_ =
        std::make_unique<elector::http::Server>(std::move(options), std::move(router), clock, log);
    server_->start();
}

FakeObjects::~FakeObjects() {
    server_->stop();
}

void FakeObjects::addRoutes(elector::http::Router& router) {
    const std::string configurations =
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    for (const auto& [path, object] : {std::pair(std::string(kSecrets) + "/hook-ca", "hook-ca"),
                                       {std::string(kSecrets) + "/hook-tls", "hook-tls"},
                                       {configurations + "/hook", kConfiguration}}) {
        router.answer("GET", path, [this, name = object](const Request&) { return read(name); });
        router.answer("PATCH", path, [this, name = object](const Request& request) {
            return write(name, request);
        });
    }
}

elector::kubernetes::Access FakeObjects::access() const {
    elector::kubernetes::Access access;
    access.server = {false, "127.0.0.1", server_->port(), ""};
    access.origin = "a test";
    return access;
}

FakeObjects::Data FakeObjects::data(const std::string& secret) const {
    const std::lock_guard lock(mutex_);
    return objects_.at(secret).data;
}

void FakeObjects::setData(const std::string& secret, Data data) {
    const std::lock_guard lock(mutex_);
    objects_[secret].data = std::move(data);
    ++objects_[secret].version;
}

void FakeObjects::removeSecret(const std::string& secret) {
    const std::lock_guard lock(mutex_);
    objects_.erase(secret);
}

std::string FakeObjects::bundle() const {
    const Data data = this->data(kConfiguration);
    const auto found = data.find(kBundle);
    return found == data.end() ? "" : found->second;
}

void FakeObjects::setBundle(const std::string& bundle) {
    setData(kConfiguration, {{kBundle, bundle}});
}

void FakeObjects::setWebhookName(const std::string& name) {
    const std::lock_guard lock(mutex_);
    webhookName_ = name;
}

void FakeObjects::beforeWrite(std::function<void(const std::string&)> hook) {
    const std::lock_guard lock(mutex_);
    hook_ = std::move(hook);
}

std::vector<std::string> FakeObjects::writes() const {
    const std::lock_guard lock(mutex_);
    return writes_;
}

std::string FakeObjects::document(const std::string& name) const {
    const Object& object = objects_.at(name);
    const std::string metadata =
        fmt::format(R"("metadata":{{"name":"{}","uid":"uid-of-{}","resourceVersion":"{}"}})", name,
                    name, object.version);
    std::string members;
    for (const auto& [key, value] : object.data) {
        members += fmt::format("{}{}:{}", members.empty() ? "" : ",", jsonString(key),
                               jsonString(toBase64(value)));
    }
    if (name != kConfiguration) {
        return fmt::format(R"({{{},"data":{{{}}}}})", metadata, members);
    }
    return fmt::format(
        R"({{{},"webhooks":[{{"name":"other.example.org","clientConfig":{{"caBundle":"b3RoZXI="}}}},)"
        R"({{"name":"{}","clientConfig":{{"service":{{"name":"hook"}}{}{}}}}}]}})",
        metadata, webhookName_, members.empty() ? "" : ",", members);
}

Response FakeObjects::read(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return objects_.contains(name) ? Response::json(document(name)) : status(404, "none");
}

Response FakeObjects::write(const std::string& name, const Request& request) {
    const std::string body(request.body);
    std::function<void(const std::string&)> hook;
    {
        const std::lock_guard lock(mutex_);
        writes_.push_back(std::string(request.head.query()) + " " + body);
        hook = hook_;
    }
    if (hook) {
        hook(std::string(request.head.path()));
    }
    if (refusal_ != 0) {
        return status(refusal_, "as the test orders");
    }
    const std::lock_guard lock(mutex_);
    Object& object = objects_.at(name);
    const auto metadata = json_text::member(body, "metadata").value_or("");
    if (textIn(metadata, "resourceVersion") != std::to_string(object.version) ||
        textIn(metadata, "uid") != "uid-of-" + name) {
        return status(409, "the object has been modified");
    }
    const std::string type(request.head.field("Content-Type").value_or(""));
    if (type == "application/merge-patch+json") {
        merge(object, body);
    } else if (type == "application/apply-patch+yaml" && name == kConfiguration) {
        applyTo(object, body);
    } else {
        return status(415, "no such patch");
    }
    ++object.version;
    return Response::json(document(name));
}

void FakeObjects::merge(Object& object, const std::string& body) {
    for (const auto& member : json_text::membersOf(json_text::member(body, "data").value_or(""))) {
        if (member.value == "null") {
            object.data.erase(member.key);
        } else {
            object.data[member.key] = fromBase64(json_text::stringIn(member.value).value()).value();
        }
    }
}

void FakeObjects::applyTo(Object& object, const std::string& body) {
    for (const auto webhook :
         json_text::elementsOf(json_text::member(body, "webhooks").value_or(""))) {
        if (textIn(webhook, "name") == webhookName_) {
            const auto client = json_text::member(webhook, "clientConfig").value_or("");
            object.data[kBundle] = fromBase64(textIn(client, kBundle)).value();
        }
    }
}

}  // namespace injector::certificates
