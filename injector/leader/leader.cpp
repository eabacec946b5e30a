#include "injector/leader/leader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <thread>
#include <utility>

#include "elector/commands/commands.h"
#include "elector/kubernetes/lease_json.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"
#include "injector/check/check.h"
#include "injector/check/diagnosis.h"
#include "injector/cluster/api.h"
#include "injector/elections/candidate.h"
#include "injector/elections/election_json.h"
#include "injector/leader/history.h"
#include "injector/offline/yaml.h"

namespace injector::leader {
namespace {

using config::LeaderAction;
using config::LeaderOutput;
using config::LeaderRequest;
using elections::Candidate;
using elections::Election;
using elections::Elections;
using elector::config::kExitFailure;
using elector::config::kExitNoAnswer;
using elector::config::kExitSuccess;
using elector::election::Duration;
using elector::election::Instant;
using elector::election::Lease;
using elector::election::Moment;
using elector::runtime::jsonString;

constexpr std::chrono::seconds kBetweenWatches{1};
constexpr std::size_t kMaxCell = 253;  // of a name

// Foreign text of a sentence or a cell.
std::string shown(const std::string& text) {
    return text.empty() ? "-" : elector::runtime::quoted(text, kMaxCell);
}

std::string ageOf(const std::optional<Instant>& time, const Moment& now) {
    return time ? ageText(now.boot - *time) : "-";
}

std::string timeText(const std::optional<WallTime>& time) {
    return time ? elector::runtime::formatSeconds(*time) : "-";
}

WallTime wallOf(const Instant& time, const Moment& now) {
    return now.wall - std::chrono::duration_cast<WallTime::duration>(now.boot - time);
}

// A Lease that electors of ours campaign for; nothing where `document` is none.
std::optional<Lease> leaseIn(std::string_view document) {
    auto lease = elector::kubernetes::parseLease(document);
    return lease && elector::kubernetes::isElectors(lease.value())
               ? std::optional(std::move(lease).value())
               : std::nullopt;
}

// Of all namespaces without the one in which each node has a Lease, which is none of an election.
std::string queryOf(const std::string& space) {
    return space.empty()
               ? "fieldSelector=" + cluster::encoded("metadata.namespace!=kube-node-lease")
               : "";
}

// Reads what is asked about, by one list of each kind or less. What could not be read is said.
class Reader {
  public:
    Reader(cluster::Api& api, std::ostream& err) : api_(api), err_(err) {}

    // Calls take(key, lease) for each Lease that is of an election. Returns the version to watch
    // from; nothing where they could not be listed.
    template <typename Take>
    std::optional<std::string> leases(const std::string& space, Take take) {
        auto version = api_.list(
            cluster::collectionPath(cluster::kLeases, space), queryOf(space),
            [&](std::string_view item) {
                if (const auto lease = leaseIn(item)) {
                    take(cluster::keyOf(item), *lease);
                }
            },
            {}, elector::kubernetes::kWithoutManagedFields);
        if (!version) {
            err_ << version.error().message << '\n';
            return std::nullopt;
        }
        return std::move(version).value();
    }

    void pods(const std::string& space, Instant now, Elections& elections) {
        const auto listed = api_.list(
            cluster::collectionPath(cluster::kPods, space), "",
            [&](std::string_view item) {
                if (auto found = elections::campaigningPod(item)) {
                    elections.putPod(found->pod, found->lease, std::move(found->candidate), now);
                }
            },
            {}, cluster::kPodOnly);
        if (!listed) {
            err_ << "candidates are not known: " << listed.error().message << '\n';
        }
    }

    std::vector<Change> changes(const cluster::ObjectKey& lease) {
        std::vector<Change> found;
        const auto listed = api_.list(
            cluster::collectionPath(cluster::kEvents, lease.space),
            "fieldSelector=" + cluster::encoded(fmt::format(
                                   "involvedObject.kind=Lease,involvedObject.name={}", lease.name)),
            [&](std::string_view item) {
                if (auto change = changeIn(item)) {
                    found.push_back(*std::move(change));
                }
            },
            [&] { found.clear(); }, elector::kubernetes::kWithoutManagedFields);
        if (!listed) {
            err_ << "Events are not known: " << listed.error().message << '\n';
        }
        return found;
    }

  private:
    cluster::Api& api_;
    std::ostream& err_;
};

std::vector<std::string> rowOf(const Election& election, const LeaderRequest& request,
                               const Moment& now) {
    std::vector<std::string> row;
    if (request.all) {
        row.push_back(shown(election.lease.space));
    }
    row.insert(row.end(),
               {shown(election.lease.name), shown(election.holder), ageOf(election.heldSince, now),
                ageOf(election.renewed, now), std::to_string(election.term)});
    if (request.output == LeaderOutput::Wide) {
        row.insert(row.end(), {shown(election.node), std::to_string(election.campaigning()),
                               std::to_string(election.warnings.size())});
    }
    return row;
}

bool isForPeople(const LeaderRequest& request) {
    return request.output == LeaderOutput::Table || request.output == LeaderOutput::Wide;
}

int list(Reader& reader, const LeaderRequest& request, const std::string& space, const Moment& now,
         std::ostream& out, std::ostream& err) {
    Elections elections;
    if (!reader.leases(space, [&](const cluster::ObjectKey& key, const Lease& lease) {
            elections.put(key, lease, now);
        })) {
        return kExitNoAnswer;
    }
    if (request.output != LeaderOutput::Table && request.output != LeaderOutput::Name) {
        reader.pods(space, now.boot, elections);
    }
    elections.passTime(now.boot - kSkew);
    if (elections.all().empty()) {
        err << (space.empty() ? std::string("there are no elections\n")
                              : fmt::format("there are no elections in the namespace {}\n",
                                            elector::runtime::quoted(space)));
    }
    out << listText(elections, request, now);
    return kExitSuccess;
}

void describe(const Election& election, const Moment& now, std::ostream& out) {
    out << fmt::format("Lease:     {}\n", shown(election.lease.text()))
        << fmt::format("Leader:    {}\n",
                       election.holder.empty() ? "nobody leads" : shown(election.holder))
        << fmt::format("Since:     {}\n", ageOf(election.heldSince, now))
        << fmt::format("Renewed:   {} ago, for {}\n", ageOf(election.renewed, now),
                       ageText(election.duration))
        << fmt::format("Changes:   {}\n", election.term);
    for (const std::string& warning : election.warnings) {
        out << fmt::format("Warning:   {}\n", shown(warning));
    }
    std::vector<std::vector<std::string>> rows{{"CANDIDATE", "LEADS", "CAMPAIGNS", "NODE"}};
    for (const Candidate& each : election.candidates) {
        rows.push_back({shown(each.name), each.name == election.holder ? "yes" : "no",
                        each.campaigns ? "yes" : "no", shown(each.node)});
    }
    out << check::inColumns(std::move(rows), kWidth);
}

void tellHistory(const Lease& lease, std::vector<Change> changes, const Moment& now,
                 std::ostream& out) {
    std::vector<std::vector<std::string>> rows{{"BEGAN", "ENDED", "LASTED", "LEADER"}};
    for (const Term& term : termsOf(lease, std::move(changes))) {
        const auto end = term.goesOn ? std::optional(now.wall) : term.ended;
        rows.push_back({timeText(term.began), term.goesOn ? "-" : timeText(term.ended),
                        term.began && end ? ageText(*end - *term.began) : "-", shown(term.who)});
    }
    out << check::inColumns(std::move(rows), kWidth)
        << fmt::format(
               "The Lease counts {} changes of leader. Shown is what Events still tell (the API "
               "server\nkeeps them for an hour as a rule), and who holds it; \"-\" is not known, "
               "or goes on.\n",
               lease.record.transitions);
}

// How many terms began of late, by Events: a table that is filled once has seen none begin.
std::string flapping(const std::vector<Change>& changes, const Moment& now) {
    const auto terms = std::ranges::count_if(changes, [&](const Change& change) {
        return change.began && change.at > now.wall - Elections::kFlapping;
    });
    return std::cmp_greater(terms, Elections::kManyTakeovers)
               ? fmt::format("Warning:   {} terms began within {} minutes.\n", terms,
                             Elections::kFlapping.count())
               : "";
}

std::vector<Candidate> candidatesOf(Reader& reader, const cluster::ObjectKey& lease, Instant now) {
    Elections pods;
    reader.pods(lease.space, now, pods);
    const auto found = pods.all().find(lease);
    return found == pods.all().end() ? std::vector<Candidate>() : found->second.candidates;
}

// About one Lease.
int tell(Reader& reader, cluster::Api& api, const LeaderRequest& request, const std::string& space,
         const Moment& now, std::ostream& out, std::ostream& err) {
    const cluster::ObjectKey key{space, request.lease};
    const auto found = api.get(cluster::objectPath(cluster::kLeases, space, request.lease));
    if (!found) {
        err << found.error().message << '\n';
        return kExitNoAnswer;
    }
    const auto lease = leaseIn(found.value().value_or(""));
    if (!lease) {
        err << fmt::format("there is no election {} in the namespace {}{}\n",
                           elector::runtime::quoted(request.lease), elector::runtime::quoted(space),
                           found.value() ? ": others elect by this Lease" : "");
        return kExitFailure;
    }
    auto changes = reader.changes(key);
    if (request.action == LeaderAction::History) {
        tellHistory(*lease, std::move(changes), now, out);
        return kExitSuccess;
    }
    Elections elections;
    elections.put(key, *lease, now);
    for (const Candidate& each : candidatesOf(reader, key, now.boot)) {
        elections.putPod({space, each.name}, key.name, each, now.boot);
    }
    elections.passTime(now.boot - kSkew);
    if (isForPeople(request)) {
        out << flapping(changes, now);
        describe(elections.all().at(key), now, out);
    } else {
        out << listText(elections, request, now);
    }
    return kExitSuccess;
}

// Hand-over and step-down.
int askToLeave(Reader& reader, const LeaderRequest& request, const std::string& space,
               const elector::runtime::Clock& clock, std::ostream& out, std::ostream& err) {
    elector::config::HandOverRequest asked{.lease = {space, request.lease},
                                           .to = request.to,
                                           .kubeconfig = request.kubeconfig,
                                           .folder = std::nullopt,
                                           .timeout = request.timeout,
                                           .waits = request.waits,
                                           .context = request.context,
                                           .candidates = {}};
    for (Candidate& each : candidatesOf(reader, {space, request.lease}, clock.now())) {
        if (each.campaigns) {
            asked.candidates.push_back(std::move(each.name));
        }
    }
    return elector::commands::runHandOver(asked, clock, out, err);
}

// Tells each change of a leader, as it stands in the Lease.
class Follower {
  public:
    Follower(const LeaderRequest& request, const elector::runtime::Clock& clock, std::ostream& out)
        : request_(request), clock_(clock), out_(out) {}

    void see(const cluster::ObjectKey& key, const Lease& lease) {
        if (!request_.lease.empty() && key.name != request_.lease) {
            return;
        }
        const std::string holder = elector::election::shownHolder(lease.record);
        const auto [place, isNew] = holders_.try_emplace(key, holder);
        if (isNew || place->second != holder) {
            place->second = holder;
            tell(key, holder.empty() ? "nobody leads" : shown(holder));
        }
    }
    void lose(const cluster::ObjectKey& key) {
        if (holders_.erase(key) != 0) {
            tell(key, "the Lease is deleted");
        }
    }

  private:
    void tell(const cluster::ObjectKey& key, const std::string& what) {
        out_ << fmt::format("{}  {}  {}\n", timeText(clock_.wall()), shown(key.text()), what)
             << std::flush;
    }

    const LeaderRequest& request_;
    const elector::runtime::Clock& clock_;
    std::ostream& out_;
    std::map<cluster::ObjectKey, std::string> holders_;
};

int watch(Reader& reader, cluster::Api& api, const std::string& space, Follower follower) {
    while (true) {
        const auto version = reader.leases(
            space,
            [&](const cluster::ObjectKey& key, const Lease& lease) { follower.see(key, lease); });
        if (!version) {
            return kExitNoAnswer;
        }
        api.watch(
            cluster::collectionPath(cluster::kLeases, space), queryOf(space), *version,
            [&](const elector::kubernetes::WatchEvent& event) {
                const auto key = cluster::keyOf(event.object);
                if (event.type == "DELETED") {
                    follower.lose(key);
                } else if (const auto lease = leaseIn(event.object)) {
                    follower.see(key, *lease);
                }
                return true;
            },
            elector::kubernetes::kWithoutManagedFields);
        std::this_thread::sleep_for(kBetweenWatches);
    }
}

}  // namespace

std::string ageText(Duration age) {
    using std::chrono::seconds;
    const auto count = std::max(std::chrono::duration_cast<seconds>(age).count(), seconds::rep{0});
    constexpr seconds::rep kMinute = 60;
    constexpr seconds::rep kHour = 60 * kMinute;
    constexpr seconds::rep kDay = 24 * kHour;
    if (count < 2 * kMinute) {
        return fmt::format("{}s", count);
    }
    if (count < 2 * kHour) {
        return fmt::format("{}m", count / kMinute);
    }
    return count < 2 * kDay ? fmt::format("{}h", count / kHour) : fmt::format("{}d", count / kDay);
}

std::string listText(const Elections& elections, const LeaderRequest& request, Moment now) {
    std::vector<std::string> texts;
    if (!isForPeople(request) && request.output != LeaderOutput::Name) {
        const auto at = [&now](Instant time) { return jsonString(timeText(wallOf(time, now))); };
        for (const auto& [key, election] : elections.all()) {
            texts.push_back(elections::electionJson(election, at, elections::Watched::No));
        }
        const std::string json = fmt::format(R"({{"elections":[{}]}})", fmt::join(texts, ","));
        return request.output == LeaderOutput::Yaml ? offline::writeYaml(json) : json + "\n";
    }
    if (request.output == LeaderOutput::Name) {
        for (const auto& [key, election] : elections.all()) {
            texts.push_back(fmt::format("lease.coordination.k8s.io/{}\n", shown(key.name)));
        }
        return fmt::format("{}", fmt::join(texts, ""));
    }
    if (elections.all().empty()) {
        return "";
    }
    const bool isWide = request.output == LeaderOutput::Wide;
    std::vector<std::vector<std::string>> rows(1);
    if (request.all) {
        rows[0].emplace_back("NAMESPACE");
    }
    rows[0].insert(rows[0].end(), {"LEASE", "LEADER", "SINCE", "RENEWED", "CHANGES"});
    if (isWide) {
        rows[0].insert(rows[0].end(), {"NODE", "CANDIDATES", "WARNINGS"});
    }
    for (const auto& [key, election] : elections.all()) {
        rows.push_back(rowOf(election, request, now));
    }
    return check::inColumns(std::move(rows), isWide ? std::string::npos : kWidth);
}

int runLeader(const LeaderRequest& request, const elector::runtime::Clock& clock, std::ostream& out,
              std::ostream& err) {
    const auto access = check::accessOf(request.kubeconfig, request.context);
    std::string space;
    if (!request.all) {
        space = request.space.empty() ? access.space : request.space;
    }
    const std::stop_source never;
    cluster::Api api(access, clock, never.get_token());
    Reader reader(api, err);
    const Moment now{clock.now(), clock.wall()};
    switch (request.action) {
        case LeaderAction::List:
            return list(reader, request, space, now, out, err);
        case LeaderAction::Watch:
            return watch(reader, api, space, Follower(request, clock, out));
        case LeaderAction::HandOver:
        case LeaderAction::StepDown:
            return askToLeave(reader, request, space, clock, out, err);
        case LeaderAction::Describe:
        case LeaderAction::History:
            break;
    }
    return tell(reader, api, request, space, now, out, err);
}

}  // namespace injector::leader
