#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "elector/kubernetes/connection.h"
#include "elector/runtime/time_text.h"
#include "elector/store/file_store.h"
#include "elector/teller.h"

// The ways in which a Teller tells.
namespace elector {

namespace {

constexpr mode_t kForAllToRead = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
constexpr const char* kStateFile = "state.json";
constexpr const char* kLeaderFile = "leader";

std::optional<election::ApiError> removeFile(const std::string& path) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) {
        return store::fileError("remove", path, errno);
    }
    return std::nullopt;
}

}  // namespace

Teller::Tell statusFolder(std::string folder) {
    return [folder = std::move(folder)](
               const Teller::State& state,
               const std::stop_token& /*stop*/) -> std::optional<std::string> {
        // A "no" comes first of all, and needs no room on the disk.
        const auto& answer = state.answer;
        const auto removed =
            answer.isLeader ? std::nullopt : removeFile(folder + "/" + kLeaderFile);
        auto failed = store::replaceFile(folder, kStateFile, state.json, kForAllToRead);
        if (answer.isLeader && !failed) {
            failed = store::replaceFile(
                folder, kLeaderFile,
                fmt::format("{} {}\n", answer.fencingToken,
                            runtime::milliseconds(answer.validUntil.time_since_epoch())),
                kForAllToRead);
        }
        if (removed || failed) {
            return (removed ? removed : failed)->message;
        }
        return std::nullopt;
    };
}

Teller::Tell callback(kubernetes::Endpoint target) {
    std::shared_ptr<const kubernetes::TlsContext> tls;
    if (target.tls) {
        kubernetes::TlsMaterial material;
        material.peerName = target.host;
        auto made = kubernetes::TlsContext::make(material);
        if (!made) {
            throw std::runtime_error(made.error().message);
        }
        tls = std::move(made).value();
    }
    return [target = std::move(target), tls = std::move(tls)](const Teller::State& state,
                                                              const std::stop_token& stop) {
        constexpr std::chrono::seconds kPatience{2};
        const runtime::SystemClock clock;
        kubernetes::Request request{kubernetes::Method::Post, "", state.json};
        request.fields.emplace_back("Leader-Elector-Seq", std::to_string(state.answer.seq));
        if (state.answer.isLeader) {
            request.fields.emplace_back("Leader-Elector-Token", state.answer.fencingToken);
        }
        return whyRefused(target, tls, request, {clock.now() + kPatience, stop}, clock);
    };
}

}  // namespace elector
