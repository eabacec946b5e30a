#include "tests/support/watch_stream.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "elector/runtime/clock.h"
#include "tests/support/api_answers.h"

namespace elector::test {
namespace {

// How often a silent stream looks whether its client is still there.
constexpr std::chrono::milliseconds kLook{50};

enum class State { Open, Ended, Broken };

class WatchStream {
  public:
    WatchStream(TlsConnection& connection, const ApiRequest& request, const LeaseTable& leases)
        : connection_(connection), request_(request), leases_(leases) {}

    State begin() {
        if (!connection_.write(chunkedHead())) {
            return State::Broken;
        }
        const auto from = request_.query.find("resourceVersion");
        if (from != request_.query.end() && from->second != "0") {
            revision_ = std::strtoll(from->second.c_str(), nullptr, 10);
            return State::Open;
        }
        // Without a version, what exists comes first.
        const LeaseTable::Listed listed = leases_.list(request_.lease.space, name());
        revision_ = listed.revision;
        for (const std::string& object : listed.objects) {
            if (!send(eventLine({revision_, "ADDED", request_.lease, object}))) {
                return State::Broken;
            }
        }
        return State::Open;
    }

    State sendEvents() {
        const auto events = leases_.eventsAfter(revision_);
        if (!events) {
            return send(expiredLine()) ? State::Ended : State::Broken;
        }
        for (const TableEvent& event : *events) {
            revision_ = std::max(revision_, event.revision);
            const bool wanted =
                event.key.space == request_.lease.space && (!name() || event.key.name == *name());
            if (wanted && !sendEvent(eventLine(event))) {
                return State::Broken;
            }
        }
        return State::Open;
    }

    State obey(const WatchOrders::Order& order) {
        switch (order.kind) {
            case WatchOrders::Kind::Send:
                return send(order.line) ? State::Open : State::Broken;
            case WatchOrders::Kind::Repeat:
                return std::all_of(sent_.begin(), sent_.end(),
                                   [this](const std::string& line) { return send(line); })
                           ? State::Open
                           : State::Broken;
            case WatchOrders::Kind::Bookmark:
                return send(bookmarkLine(leases_.revision())) ? State::Open : State::Broken;
            case WatchOrders::Kind::Close:
                return State::Ended;
            case WatchOrders::Kind::Cut:
                // A chunk that promises more than comes.
                connection_.write("400\r\n{\"type\":\"MODIFIED\",\"object\":{\"kind\":\"Lea");
                return State::Broken;
        }
        return State::Broken;
    }

  private:
    std::optional<std::string> name() const {
        return request_.lease.name.empty() ? std::nullopt
                                           : std::optional<std::string>(request_.lease.name);
    }
    bool send(const std::string& line) { return connection_.write(chunk(line)); }
    bool sendEvent(const std::string& line) {
        sent_.push_back(line);
        return send(line);
    }

    TlsConnection& connection_;
    const ApiRequest& request_;
    const LeaseTable& leases_;
    std::int64_t revision_ = 0;
    std::vector<std::string> sent_;
};

std::chrono::seconds timeoutOf(const ApiRequest& request) {
    const auto found = request.query.find("timeoutSeconds");
    return std::chrono::seconds(
        found == request.query.end() ? 3600 : std::strtoll(found->second.c_str(), nullptr, 10));
}

}  // namespace

bool streamWatch(TlsConnection& connection, const ApiRequest& request, const LeaseTable& leases,
                 const WatchOrders& orders, std::size_t firstOrder, const std::stop_token& cut) {
    const runtime::SystemClock clock;
    const election::Instant end = clock.now() + timeoutOf(request);
    WatchStream stream(connection, request, leases);
    State state = stream.begin();
    while (state == State::Open && !cut.stop_requested() && !connection.isClosedByClient()) {
        const std::uint64_t seen = leases.generation();
        for (const auto& order : orders.since(firstOrder)) {
            ++firstOrder;
            state = state == State::Open ? stream.obey(order) : state;
        }
        if (state == State::Open && !orders.isHeld()) {
            state = stream.sendEvents();
        }
        if (state == State::Open && clock.now() >= end) {
            state = State::Ended;
        }
        if (state == State::Open) {
            leases.waitForChange(seen, cut, kLook);
        }
    }
    return state == State::Ended && connection.write(kLastChunk);
}

}  // namespace elector::test
