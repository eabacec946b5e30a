#include "elector/kubernetes/access.h"

#include <Poco/Base64Decoder.h>
#include <Poco/Exception.h>
#include <Poco/StreamCopier.h>
#include <Poco/String.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "elector/kubernetes/client.h"
#include "elector/kubernetes/tls_context.h"
#include "elector/runtime/file_text.h"
#include "elector/runtime/log.h"

namespace elector::kubernetes {

// ------------------------------------------------------------------------------------------ access

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): see the header
    return value != nullptr ? value : "";
}

// Why a file that is there cannot be read, and what to do about it.
std::string remedyFor(const std::filesystem::path& path) {
    struct stat status{};
    if (access(path.c_str(), R_OK) != 0 && errno == EACCES) {
        const std::string owner = stat(path.c_str(), &status) == 0
                                      ? fmt::format("it belongs to user {}, and ", status.st_uid)
                                      : std::string();
        return fmt::format(
            "{}this process is user {}; let the Pod's securityContext.fsGroup be a group of this "
            "container, as 65532, or run the container as the file's owner",
            owner, geteuid());
    }
    return "a Pod needs its service account's token mounted (automountServiceAccountToken, or a "
           "projected volume), or --kubeconfig";
}

void requireFile(const std::filesystem::path& path) {
    if (const auto text = runtime::readFile(path); !text) {
        throw std::runtime_error(fmt::format("{}; {}", text.error().message, remedyFor(path)));
    }
}

}  // namespace

Result<std::string> Source::read() const {
    if (const auto* path = std::get_if<std::filesystem::path>(&origin_)) {
        return runtime::readFile(*path);
    }
    return std::get<std::string>(origin_);
}

std::optional<std::filesystem::path> Source::path() const {
    if (const auto* path = std::get_if<std::filesystem::path>(&origin_)) {
        return *path;
    }
    return std::nullopt;
}

void refuseUnsafe(const Access& access) {
    if (access.server.tls) {
        return;
    }
    if (access.token || access.certificate) {
        throw std::runtime_error(
            fmt::format("{}: the server {} is not reached over TLS, and credentials are never sent "
                        "in the clear; use an https:// address or a user without credentials",
                        access.origin, access.server.text()));
    }
    if (!isLoopback(access.server.host)) {
        throw std::runtime_error(
            fmt::format("{}: the server {} is not reached over TLS, which is allowed for a "
                        "loopback address only; use an https:// address",
                        access.origin, access.server.text()));
    }
}

std::optional<InClusterSources> inClusterSources() {
    InClusterSources sources;
    sources.host = variable("KUBERNETES_SERVICE_HOST");
    sources.port = variable("KUBERNETES_SERVICE_PORT");
    if (sources.host.empty() || sources.port.empty()) {
        return std::nullopt;
    }
    return sources;
}

Access readInCluster(const InClusterSources& sources) {
    const bool isV6 = sources.host.find(':') != std::string::npos;
    Access access;
    access.origin = "the service account";
    try {
        const auto host = isV6 ? "[" + sources.host + "]" : sources.host;
        access.server = parseEndpoint(fmt::format("https://{}:{}", host, sources.port));
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(
            fmt::format("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: {}", error.what()));
    }
    const auto token = sources.folder / "token";
    const auto authorities = sources.folder / "ca.crt";
    requireFile(token);
    requireFile(authorities);
    access.token = Source::file(token);
    access.authorities = Source::file(authorities);
    if (const auto space = runtime::readFile(sources.folder / "namespace")) {
        if (auto name = Poco::trim(space.value()); !name.empty()) {
            access.space = std::move(name);
        }
    }
    return access;
}

std::optional<Access> findAccess(const std::string& kubeconfig, const std::string& context) {
    if (!kubeconfig.empty()) {
        return readKubeconfig(splitKubeconfigList(kubeconfig), context);
    }
    if (!context.empty()) {
        throw std::runtime_error(fmt::format(
            "a context, \"{}\", is of a kubeconfig: name that, too", runtime::quoted(context)));
    }
    if (const auto sources = inClusterSources()) {
        return readInCluster(*sources);
    }
    return std::nullopt;
}

Access requireAccess(const std::string& kubeconfig, const std::string& context) {
    if (auto access = findAccess(kubeconfig, context)) {
        return *std::move(access);
    }
    throw std::runtime_error(
        "there is no Kubernetes to be found: KUBERNETES_SERVICE_HOST is not set, so this is no "
        "Pod; name a --kubeconfig, or use --store=file:DIR");
}

// -------------------------------------------------------------------------------------------- YAML

// One member of a YAML file, found by its path, and what is wrong with it, as kubectl reads it: of
// a key that stands twice the last counts, and merge keys ("<<: *other") are merged. Looks at the
// keys on that path only and never walks the document, so that neither aliases nor cycles can keep
// it busy.
//
// The readers throw std::runtime_error whose sentence names file, line and member.
class YamlNode {
  public:
    YamlNode(std::filesystem::path file, std::string name, const YAML::Node& node)
        : file_(std::move(file)), name_(std::move(name)), node_(node) {}

    // Copies look at the same member. Nothing is assigned: yaml-cpp would change the document.
    YamlNode(const YamlNode&) = default;
    YamlNode& operator=(const YamlNode&) = delete;
    ~YamlNode() = default;

    // False where it is absent or null.
    bool exists() const { return node_.IsDefined() && !node_.IsNull(); }
    // True where it does not exist, is "", an empty list or an empty mapping.
    bool isEmpty() const;

    // The member `key` of this mapping; one that does not exist if this does not.
    YamlNode member(const std::string& key) const;

    // The elements of this sequence; none where it does not exist.
    std::vector<YamlNode> elements() const;

    // The text of this scalar; nothing where it does not exist, or is "".
    std::optional<std::string> text() const;
    // As YAML 1.1 has it (true, Yes, off, ...), but no text between quotes; false where it does not
    // exist.
    bool flag() const;

    // The refusal of this member: "FILE, line 7: NAME WHY".
    std::runtime_error error(std::string_view why) const;

    // `path`, where it is relative, taken from the folder of this file.
    std::filesystem::path resolved(const std::string& path) const;

    const std::filesystem::path& file() const { return file_; }

  private:
    std::filesystem::path file_;
    std::string name_;
    YAML::Node node_;
};

namespace {

constexpr std::size_t kMaxPathShown = 300;

// The words of YAML 1.1, in which kubectl reads.
constexpr std::array<std::string_view, 11> kTrue{"y",    "Y",    "yes", "Yes", "YES", "true",
                                                 "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse{"n",     "N",     "no",  "No",  "NO", "false",
                                                  "False", "FALSE", "off", "Off", "OFF"};

std::string at(const std::filesystem::path& file, const YAML::Mark& mark) {
    const auto name = runtime::quoted(file.string(), kMaxPathShown);
    return mark.is_null() ? name : fmt::format("{}, line {}", name, mark.line + 1);
}

// Whether it stands between quotes, and so is a text whatever it looks like.
bool isQuoted(const YAML::Node& node) {
    return node.Tag() == "!";
}

// The value of `key` in a mapping and in what its merge keys name; undefined where there is none.
// Whatever comes last in a mapping counts, but of a list of mappings to merge the first.
YAML::Node found(const YAML::Node& mapping, const std::string& key) {
    struct Place {
        YAML::Node node;
        bool isValue;  // of the key; else a mapping, or a list of them, to look in
    };
    // Far more than anybody writes; aliases can make far more of a few lines.
    constexpr int kMostPlaces = 100;
    std::vector<Place> places{{mapping, false}};  // the next one last
    for (int count = 0; !places.empty(); ++count) {
        const Place place = places.back();
        places.pop_back();
        if (place.isValue) {
            return place.node;
        }
        if (count == kMostPlaces) {
            throw YAML::Exception(place.node.Mark(), "merge keys (<<) without end");
        }
        if (place.node.IsSequence()) {
            for (std::size_t index = place.node.size(); index > 0; --index) {
                places.push_back({place.node[index - 1], false});
            }
            continue;
        }
        if (!place.node.IsMap()) {
            throw YAML::Exception(place.node.Mark(), "a merge key (<<) names no mapping");
        }
        for (const auto& entry : place.node) {
            const bool isScalar = entry.first.IsScalar();
            if (isScalar && entry.first.Scalar() == key) {
                places.push_back({entry.second, true});
            } else if (isScalar && entry.first.Scalar() == "<<" && !isQuoted(entry.first)) {
                places.push_back({entry.second, false});
            }
        }
    }
    return YAML::Node(YAML::NodeType::Undefined);
}

}  // namespace

bool YamlNode::isEmpty() const {
    return !exists() || (node_.IsScalar() && node_.Scalar().empty()) ||
           ((node_.IsSequence() || node_.IsMap()) && node_.size() == 0);
}

YamlNode YamlNode::member(const std::string& key) const {
    const auto name = name_.empty() ? key : name_ + "." + key;
    if (!exists()) {
        return {file_, name, YAML::Node(YAML::NodeType::Undefined)};
    }
    if (!node_.IsMap()) {
        throw error("is not a mapping of names to values");
    }
    try {
        return {file_, name, found(node_, key)};
    } catch (const YAML::Exception& problem) {
        throw std::runtime_error(
            fmt::format("{}: {}: {}", at(file_, problem.mark), name, problem.msg));
    }
}

std::vector<YamlNode> YamlNode::elements() const {
    std::vector<YamlNode> found;
    if (!exists()) {
        return found;
    }
    if (!node_.IsSequence()) {
        throw error("is not a list");
    }
    for (std::size_t index = 0; index < node_.size(); ++index) {
        found.emplace_back(file_, fmt::format("{}[{}]", name_, index), node_[index]);
    }
    return found;
}

std::optional<std::string> YamlNode::text() const {
    if (!exists()) {
        return std::nullopt;
    }
    if (!node_.IsScalar()) {
        throw error("is not a text");
    }
    if (node_.Scalar().empty()) {
        return std::nullopt;
    }
    return node_.Scalar();
}

bool YamlNode::flag() const {
    const auto value = text();
    if (!value) {
        return false;
    }
    if (!isQuoted(node_)) {
        for (const bool meant : {true, false}) {
            const auto& words = meant ? kTrue : kFalse;
            if (std::ranges::find(words, *value) != words.end()) {
                return meant;
            }
        }
    }
    throw error(fmt::format("is \"{}\"{}; allowed are true and false", runtime::quoted(*value),
                            isQuoted(node_) ? ", a text between quotes" : ""));
}

std::runtime_error YamlNode::error(std::string_view why) const {
    const auto mark = node_.IsDefined() ? node_.Mark() : YAML::Mark::null_mark();
    return std::runtime_error(fmt::format("{}: {} {}", at(file_, mark), name_, why));
}

std::filesystem::path YamlNode::resolved(const std::string& path) const {
    return file_.parent_path() / path;
}

namespace {

// Parses the text of `file`, which begins with a mapping or is empty.
YamlNode parseYaml(const std::filesystem::path& file, const std::string& text) {
    try {
        const auto document = YAML::Load(text);
        if (document.IsDefined() && !document.IsNull() && !document.IsMap()) {
            throw std::runtime_error(fmt::format("{} is not a mapping of names to values",
                                                 runtime::quoted(file.string(), kMaxPathShown)));
        }
        return {file, "", document};
    } catch (const YAML::Exception& problem) {
        throw std::runtime_error(fmt::format("{} is not valid YAML: {}", at(file, problem.mark),
                                             runtime::quoted(problem.msg)));
    }
}

}  // namespace

// -------------------------------------------------------------------------------------- kubeconfig

namespace {

using Path = std::filesystem::path;

std::string joined(const std::vector<Path>& files) {
    std::vector<std::string> names;
    names.reserve(files.size());
    for (const auto& file : files) {
        names.push_back(runtime::quoted(file.string()));
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<YamlNode> load(const std::vector<Path>& files) {
    std::vector<YamlNode> documents;
    for (const auto& file : files) {
        std::error_code ignored;
        if (files.size() > 1 && !std::filesystem::exists(file, ignored)) {
            continue;
        }
        const auto text = runtime::readFile(file);
        if (!text) {
            throw std::runtime_error(fmt::format("{}; name a kubeconfig that this process may read",
                                                 text.error().message));
        }
        documents.push_back(parseYaml(file, text.value()));
    }
    if (documents.empty()) {
        throw std::runtime_error(
            fmt::format("none of the kubeconfig files exists: {}", joined(files)));
    }
    return documents;
}

// The entry `name` of the first file whose list `list` has it: its member `content`.
std::optional<YamlNode> find(const std::vector<YamlNode>& documents, const std::string& list,
                             const std::string& name, const std::string& content) {
    for (const auto& document : documents) {
        std::optional<YamlNode> found;
        for (const auto& entry : document.member(list).elements()) {
            if (entry.member("name").text() != name) {
                continue;
            }
            if (found) {
                throw entry.member("name").error(fmt::format(
                    "\"{}\" stands there twice; remove one of them", runtime::quoted(name)));
            }
            found.emplace(entry.member(content));
        }
        if (found) {
            return found;
        }
    }
    return std::nullopt;
}

std::runtime_error missing(const std::vector<Path>& files, std::string_view what) {
    return std::runtime_error(fmt::format("kubeconfig {}: {}", joined(files), what));
}

Source decoded(const YamlNode& node, const std::string& encoded) {
    std::istringstream input(encoded);
    Poco::Base64Decoder decoder(input);
    std::string text;
    try {
        decoder.exceptions(std::ios::badbit);
        Poco::StreamCopier::copyToString(decoder, text);
    } catch (const std::exception&) {
        throw node.error("is not base64");
    }
    if (text.empty()) {
        throw node.error("is not base64");
    }
    return Source::text(text);
}

// The member `key`-data, which outweighs the member `key`, a file's path.
std::optional<Source> source(const YamlNode& parent, const std::string& key) {
    const auto inlined = parent.member(key + "-data");
    if (const auto encoded = inlined.text()) {
        return decoded(inlined, *encoded);
    }
    const auto path = parent.member(key);
    if (const auto text = path.text()) {
        return Source::file(path.resolved(*text));
    }
    return std::nullopt;
}

struct Refused {
    const char* key;
    const char* why;
};

void refuse(const YamlNode& parent, const Refused& refused) {
    if (const auto node = parent.member(refused.key); !node.isEmpty()) {
        throw node.error(refused.why);
    }
}

// Whether a source is a text that stands in the kubeconfig itself: nothing will mend it later, as a
// file may be.
std::string inlined(const std::optional<Source>& source) {
    return source && !source->path() ? source->read().value() : "";
}

// Refuses at start what no connection could be made with.
void refuseGarbage(const YamlNode& user, const Access& access) {
    const TlsMaterial material{"", inlined(access.certificate), inlined(access.key), "any"};
    const auto node = user.member("client-certificate-data");
    if (!material.certificate.empty() && certificatesIn(material.certificate).empty()) {
        throw node.error("holds no certificate in PEM");
    }
    if (material.certificate.empty() || material.key.empty()) {
        return;
    }
    if (const auto made = TlsContext::make(material); !made) {
        throw user.member("client-key-data").error("is of no use: " + made.error().message);
    }
}

void readCluster(const YamlNode& cluster, Access& access) {
    refuse(cluster, {"proxy-url", "is not supported: the API server must be reachable directly"});
    const auto server = cluster.member("server");
    const auto url = server.text();
    if (!url) {
        throw cluster.member("server").error("is missing; write server: https://HOST:PORT");
    }
    try {
        access.server = parseEndpoint(*url);
    } catch (const std::runtime_error& problem) {
        throw server.error(fmt::format("is wrong: {}", problem.what()));
    }
    access.authorities = source(cluster, "certificate-authority");
    access.serverName = cluster.member("tls-server-name").text().value_or("");
    access.skipVerify = cluster.member("insecure-skip-tls-verify").flag();
    if (const auto text = inlined(access.authorities);
        !text.empty() && certificatesIn(text).empty()) {
        throw cluster.member("certificate-authority-data").error("holds no certificate in PEM");
    }
    if (access.skipVerify && access.authorities) {
        throw cluster.member("insecure-skip-tls-verify")
            .error("is true beside a certificate authority; remove one of them");
    }
}

void readUser(const YamlNode& user, Access& access) {
    constexpr const char* kPlugin =
        "is not supported: no program is run to get credentials; give this user a token instead "
        "(kubectl create token SERVICE_ACCOUNT), a tokenFile that something renews, or a client "
        "certificate";
    constexpr const char* kPassword =
        "is not supported, and no API server accepts passwords since 1.19; use a token, a token "
        "file or a client certificate";
    constexpr const char* kImpersonation =
        "is not supported: the elector acts as itself; use the credentials of that user";
    constexpr std::array kRefused{
        Refused{"username", kPassword},       Refused{"password", kPassword},
        Refused{"as", kImpersonation},        Refused{"as-uid", kImpersonation},
        Refused{"as-groups", kImpersonation}, Refused{"as-user-extra", kImpersonation}};
    for (const char* key : {"exec", "auth-provider"}) {
        if (const auto node = user.member(key); node.exists()) {
            throw node.error(kPlugin);
        }
    }
    for (const auto& refused : kRefused) {
        refuse(user, refused);
    }
    access.certificate = source(user, "client-certificate");
    access.key = source(user, "client-key");
    if (access.certificate.has_value() != access.key.has_value()) {
        throw user.error("has a client certificate without a key, or a key without a certificate");
    }
    refuseGarbage(user, access);
    const auto token = user.member("token");
    if (const auto text = token.text()) {
        if (!isToken(*text)) {
            throw token.error("holds characters that no token has");
        }
        access.token = Source::text(*text);
    }
    const auto file = user.member("tokenFile");
    if (const auto path = file.text()) {
        access.token = Source::file(file.resolved(*path));
        access.spareToken = token.text().value_or("");
    }
}

std::string currentContext(const std::vector<YamlNode>& documents, const std::vector<Path>& files) {
    for (const auto& document : documents) {
        if (const auto name = document.member("current-context").text()) {
            return *name;
        }
    }
    throw missing(files, "current-context is missing; set it with kubectl config use-context NAME");
}

YamlNode require(const std::vector<YamlNode>& documents, const std::vector<Path>& files,
                 const std::string& list, const std::string& name, const std::string& content) {
    auto found = find(documents, list, name, content);
    if (!found) {
        throw missing(files, fmt::format("{} has no entry named \"{}\"; add it or name another",
                                         list, runtime::quoted(name)));
    }
    return *found;
}

}  // namespace

std::vector<Path> splitKubeconfigList(std::string_view list) {
    std::vector<Path> files;
    while (!list.empty()) {
        const auto end = std::min(list.find(':'), list.size());
        Path file(list.substr(0, end));
        if (!file.empty() && std::ranges::find(files, file) == files.end()) {
            files.push_back(std::move(file));
        }
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return files;
}

Access readKubeconfig(const std::vector<Path>& files, const std::string& chosen) {
    const auto documents = load(files);
    const auto name = chosen.empty() ? currentContext(documents, files) : chosen;
    const auto context = require(documents, files, "contexts", name, "context");
    Access access;
    access.origin = fmt::format("kubeconfig {}, context {}", joined(files), runtime::quoted(name));
    access.space = context.member("namespace").text().value_or("default");
    const auto cluster = context.member("cluster").text();
    if (!cluster) {
        throw context.member("cluster").error("is missing; name an entry of clusters");
    }
    readCluster(require(documents, files, "clusters", *cluster, "cluster"), access);
    if (const auto user = context.member("user").text()) {
        readUser(require(documents, files, "users", *user, "user"), access);
    }
    refuseUnsafe(access);
    return access;
}

}  // namespace elector::kubernetes
