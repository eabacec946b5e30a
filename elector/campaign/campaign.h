#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "elector/campaign/feed.h"
#include "elector/campaign/listener.h"
#include "elector/election/election.h"
#include "elector/runtime/clock.h"
#include "elector/store/lease_store.h"

namespace elector::campaign {

// What keeps a Pod's second elector process out while the first lives (rule 6). Tried before the
// campaign begins and again until it succeeds.
class PodLock;

// One process's campaign for one Lease: turns the election, that is, carries events into it and
// its requests out to a store, and answers who leads.
//
// Three threads of its own: one turns the election and does nothing that blocks, one makes the
// requests (on a connection that nothing else uses, rule 12), one watches. Whoever asks for an
// answer reads the standing and then the clock, so that an answer expires though all three be stuck
// (S2).
//
// Threads: answer(), notLive(), notReady(), feed(), stepDown(), setHealth(),
// programStopped() and stop() may be called by any.
class Campaign {
  public:
    // Answers "no" already when it is called, and the feed has told it. Has to see to it that every
    // "yes" on its way is out, and to call the function then, from any thread.
    using AnnounceNo = std::function<void(std::function<void()>)>;

    // `lock` may be null: no Pod, no lock. The references outlive the campaign. Throws
    // std::system_error where the process is out of descriptors.
    Campaign(election::LeaseKey key, election::Settings settings, store::LeaseStore& store,
             PodLock* lock, const runtime::Clock& clock, Listener& listener, AnnounceNo announceNo);
    // Ends without ceremony: what it holds expires.
    ~Campaign();
    Campaign(const Campaign&) = delete;
    Campaign& operator=(const Campaign&) = delete;

    void start();

    // Steps down as the settings say (rule 13). The future is ready once the campaign has nothing
    // left to do.
    std::shared_future<void> stop();
    // Leaves the Lease to another, if this process leads, in the same order; then follows again.
    // Returns at once.
    void stepDown(election::StepDownRequested how) { post(std::move(how)); }

    // What is known of the program's health has changed. Returns at once.
    void setHealth(election::HealthChanged health) { post(std::move(health)); }

    // The program that was told of this process's leaving acts no more. Returns at once.
    void programStopped(election::ProgramStopped how) { post(how); }

    const election::LeaseKey& key() const { return key_; }
    const election::Settings& settings() const { return election_.settings(); }

    election::Answer answer();

    // The same for whoever is told. What is subscribed there ends before the campaign does.
    Feed& feed() { return feed_; }

    // How long ago the Lease was last heard of, if ever.
    std::optional<election::Duration> newsAge();

    // Whether its program counts as healthy.
    bool isHealthy();

    // Why the process should be restarted: the election's thread is wedged. Never because of the
    // API.
    std::optional<std::string> notLive();
    // Why the state of the Lease is not known.
    std::optional<std::string> notReady();

  private:
    class Sink;
    struct Posted {
        election::Request request;
        election::Instant deadline;
    };

    void post(election::Event event);
    void postFromWatch(election::Event event, const std::stop_token& stop);

    void turn(const std::stop_token& stop);
    election::Instant beat();
    bool hasAnsweredNo();
    bool awaitLock(const std::stop_token& stop, std::optional<election::Event>& health);
    std::optional<election::Event> nextEvent();
    void step(const election::Event& event);
    void carryOut(election::Actions& actions);
    void finish();

    void makeRequests(const std::stop_token& stop);
    std::optional<Posted> awaitRequest(const std::stop_token& stop);
    election::Event make(const election::Request& request, const store::CallLimits& limits);
    void watch(const std::stop_token& stop);

    const election::LeaseKey key_;
    store::LeaseStore& store_;
    PodLock* lock_;
    const runtime::Clock& clock_;
    Listener& listener_;
    AnnounceNo announceNo_;
    Feed feed_;

    // The election and what is answered from it. An answer and a step exclude each other, so that
    // once "no" was answered no step can prolong the term.
    std::mutex electionMutex_;
    election::Election election_;
    bool answeredNo_ = false;
    bool locked_;
    std::optional<election::Instant> staleSince_;  // the beat was found late
    election::Instant beat_;

    std::mutex eventsMutex_;
    std::condition_variable_any roomForEvents_;
    std::deque<election::Event> events_;
    runtime::Wake wake_;

    std::mutex requestMutex_;
    std::condition_variable_any requestPosted_;
    std::optional<Posted> request_;
    bool campaigning_ = false;

    // Of the watching thread. Made with the campaign: later no descriptor may be left.
    runtime::Wake watchPause_;

    // Of the turning thread.
    election::Instant wakeAt_;
    bool finishedTold_ = false;

    std::promise<void> finishedPromise_;
    std::shared_future<void> finished_;

    // Last, so that they end before what they use.
    std::jthread watcher_;
    std::jthread requester_;
    std::jthread turner_;
};

}  // namespace elector::campaign
