#include "injector/certificates/rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace injector::certificates {
namespace {

using testing::IsEmpty;

const WallTime kStart{std::chrono::seconds(1'800'000'000)};
constexpr std::chrono::hours kDay{24};
const std::vector<std::string> kNames{"hook.system.svc", "hook.system"};

WallTime plus(WallTime time, Duration duration) {
    return time + std::chrono::duration_cast<WallTime::duration>(duration);
}

std::vector<Certificate> read(const std::string& pem) {
    return Certificate::readAll(pem);
}

// The stored content, changed by the plan's steps as the keeper changes it, and a webhook that has
// the leaf that was stored last, or one from before.
class World {
  public:
    Stored stored;
    WallTime now = kStart;
    Lifetimes lifetimes;
    // Each step that was taken, by its name.
    std::vector<std::string> steps;

    Step next() const {
        Stored seen = stored;
        seen.carriedFor = now - bundleSince_;
        return nextStep(seen, kNames, now, lifetimes);
    }

    void pass(Duration duration) { now = plus(now, duration); }
    // A newly elected keeper knows only what it has just read.
    void elect() { bundleSince_ = now; }

    void setBundle(const std::string& bundle) {
        stored.bundle = bundle;
        bundleSince_ = now;
    }

    // False where nothing was due; `wait` is then what the plan asks for.
    bool step() {
        const Step step = next();
        if (const auto* mint = std::get_if<MintAuthority>(&step)) {
            stored.authority = {mintAuthority(now, lifetimes.authority), mint->previous};
            steps.emplace_back("mint authority");
        } else if (const auto* store = std::get_if<StorePrevious>(&step)) {
            stored.authority.previous = store->previous;
            steps.emplace_back("store previous");
        } else if (const auto* publish = std::get_if<PublishBundle>(&step)) {
            setBundle(publish->bundle);
            steps.emplace_back("publish");
        } else if (std::get_if<MintLeaf>(&step) != nullptr) {
            stored.leaf = mintLeaf(stored.authority.current, kNames, now, lifetimes.leaf);
            steps.emplace_back("mint leaf");
        } else {
            wait = std::get<Rest>(step).wait;
            return false;
        }
        return true;
    }

    // All that is due now. False where it does not come to rest.
    bool settle() {
        for (int i = 0; i < 8; ++i) {
            if (!step()) {
                return true;
            }
        }
        return false;
    }

    std::vector<std::string> takeSteps() { return std::exchange(steps, {}); }

    // Whether the caBundle covers `leaf` now, as an API server judges.
    bool covers(const std::string& leaf) const {
        const auto leaves = read(leaf);
        if (leaves.empty() || !leaves[0].isValidAt(now)) {
            return false;
        }
        return std::ranges::any_of(read(stored.bundle), [&](const Certificate& authority) {
            return authority.isValidAt(now) && leaves[0].isSignedBy(authority);
        });
    }
    bool covers() const { return covers(stored.leaf.certificate); }

    Duration wait{};

  private:
    WallTime bundleSince_ = kStart;
};

World settledWorld() {
    World world;
    EXPECT_TRUE(world.settle());
    world.takeSteps();
    return world;
}

using testing::ElementsAre;

TEST(Rotation, BeginsWithAnAuthorityThenTrustThenALeaf) {
    World world;
    EXPECT_TRUE(world.settle());
    EXPECT_THAT(world.steps, ElementsAre("mint authority", "publish", "mint leaf"));
    EXPECT_TRUE(world.covers());
    EXPECT_EQ(world.stored.bundle, world.stored.authority.current.certificate);
    EXPECT_EQ(world.stored.authority.previous, "");
}

TEST(Rotation, RestsUntilTwoThirdsOfTheLeafsLife) {
    World world = settledWorld();
    EXPECT_EQ(world.wait, 60 * kDay);
    world.pass(60 * kDay - std::chrono::seconds(1));
    EXPECT_TRUE(world.settle());
    EXPECT_THAT(world.takeSteps(), IsEmpty());
    EXPECT_EQ(world.wait, std::chrono::seconds(1));
    world.pass(std::chrono::seconds(1));
    EXPECT_TRUE(world.settle());
    EXPECT_THAT(world.takeSteps(), ElementsAre("mint leaf"));
}

TEST(Rotation, RenewsTheAuthorityWithBothTrustedInBetween) {
    World world = settledWorld();
    const std::string old = world.stored.authority.current.certificate;
    // The leaf is renewed all along; the authority after two thirds of ten years.
    const WallTime renewal = plus(kStart, Lifetimes::renewAfter(world.lifetimes.authority));
    while (plus(world.now, world.wait) < renewal) {
        world.pass(world.wait);
        ASSERT_TRUE(world.settle());
    }
    world.takeSteps();
    world.now = renewal;
    const std::string oldLeaf = world.stored.leaf.certificate;
    ASSERT_TRUE(world.settle());
    EXPECT_THAT(world.takeSteps(), ElementsAre("mint authority", "publish"));
    const std::string fresh = world.stored.authority.current.certificate;
    EXPECT_NE(fresh, old);
    EXPECT_EQ(world.stored.authority.previous, old);
    EXPECT_EQ(world.stored.bundle, fresh + old);
    EXPECT_EQ(world.stored.leaf.certificate, oldLeaf);
    EXPECT_EQ(world.wait, world.lifetimes.settle);

    world.pass(world.lifetimes.settle);
    ASSERT_TRUE(world.settle());
    EXPECT_THAT(world.takeSteps(), ElementsAre("mint leaf"));
    EXPECT_TRUE(world.covers());
    EXPECT_TRUE(world.covers(oldLeaf));
    EXPECT_EQ(world.wait, world.lifetimes.grace());

    world.pass(world.lifetimes.grace() - std::chrono::seconds(1));
    ASSERT_TRUE(world.settle());
    EXPECT_THAT(world.takeSteps(), IsEmpty());
    world.pass(std::chrono::seconds(1));
    ASSERT_TRUE(world.settle());
    EXPECT_THAT(world.takeSteps(), ElementsAre("store previous", "publish"));
    EXPECT_EQ(world.stored.bundle, fresh);
    EXPECT_TRUE(world.covers());
}

TEST(Rotation, ANewlyElectedKeeperSettlesAnewBeforeItSignsByAnotherAuthority) {
    World world = settledWorld();
    world.stored.authority.current.key = "";
    ASSERT_TRUE(world.settle());
    world.pass(world.lifetimes.settle - std::chrono::seconds(1));
    world.elect();
    world.pass(std::chrono::seconds(2));
    world.takeSteps();
    ASSERT_TRUE(world.settle());
    EXPECT_THAT(world.takeSteps(), IsEmpty());
    EXPECT_EQ(world.wait, world.lifetimes.settle - std::chrono::seconds(2));
}

// What may befall what is stored. Each keeps what an API server needs for the leaf in use, if the
// damage left it.
struct Damage {
    std::string name;
    std::function<void(World&)> befall;
    bool coversAfterwards;  // nothing that the webhook or an API server needs was harmed
};

const KeyPair& foreignAuthority() {
    static const KeyPair kPair = mintAuthority(kStart, 3650 * kDay);
    return kPair;
}

std::vector<Damage> damages() {
    return {
        {"nothing", [](World&) {}, true},
        {"no authority", [](World& w) { w.stored.authority = {}; }, true},
        {"no authority's key", [](World& w) { w.stored.authority.current.key = ""; }, true},
        {"half an authority's certificate",
         [](World& w) { w.stored.authority.current.certificate.resize(200); }, true},
        {"another authority's key",
         [](World& w) { w.stored.authority.current.key = foreignAuthority().key; }, true},
        {"another authority", [](World& w) { w.stored.authority.current = foreignAuthority(); },
         true},
        {"a leaf for an authority", [](World& w) { w.stored.authority.current = w.stored.leaf; },
         true},
        {"an expired authority",
         [](World& w) {
             w.stored.authority.current = mintAuthority(plus(w.now, -10 * kDay), 9 * kDay);
         },
         true},
        {"an authority of tomorrow",
         [](World& w) { w.stored.authority.current = mintAuthority(plus(w.now, kDay), kDay * 9); },
         true},
        {"rubbish for former authorities",
         [](World& w) { w.stored.authority.previous = "rubbish"; }, true},
        {"no former authorities", [](World& w) { w.stored.authority.previous = ""; }, true},
        {"no leaf", [](World& w) { w.stored.leaf = {}; }, false},
        {"no leaf's key", [](World& w) { w.stored.leaf.key = ""; }, false},
        {"a foreign leaf",
         [](World& w) { w.stored.leaf = mintLeaf(foreignAuthority(), kNames, w.now, 90 * kDay); },
         false},
        {"no caBundle", [](World& w) { w.setBundle(""); }, false},
        {"rubbish for a caBundle", [](World& w) { w.setBundle("rubbish"); }, false},
        {"a foreign caBundle", [](World& w) { w.setBundle(foreignAuthority().certificate); },
         false},
        {"more in the caBundle",
         [](World& w) { w.setBundle(w.stored.bundle + foreignAuthority().certificate); }, true},
        {"the caBundle in another order",
         [](World& w) {
             auto all = read(w.stored.bundle);
             std::ranges::reverse(all);
             w.setBundle("\n" + join(all));
         },
         true},
        {"nothing stored at all",
         [](World& w) {
             w.stored = {};
             w.setBundle("");
         },
         false},
    };
}

// The states between any two steps of a life: first start, renewal of the leaf, of the authority.
std::vector<World> statesOfALife() {
    std::vector<World> states;
    World world;
    const auto run = [&] {
        do {
            states.push_back(world);
        } while (world.step());
    };
    run();
    world.pass(60 * kDay);
    run();
    world.stored.authority.current = mintAuthority(plus(world.now, -7 * 365 * kDay), 3650 * kDay);
    world.setBundle(world.stored.authority.current.certificate);
    world.stored.leaf =
        mintLeaf(world.stored.authority.current, kNames, plus(world.now, -kDay), 90 * kDay);
    run();
    world.pass(world.lifetimes.settle);
    run();
    world.pass(world.lifetimes.grace());
    run();
    return states;
}

// Carries on until nothing but plain renewals is due, checking at each step. Both the leaf that is
// stored and the one that a webhook may still show, having missed the last change, stay covered.
void converge(World world, bool covered, const std::string& name) {
    SCOPED_TRACE(name);
    const std::string inUse = world.stored.leaf.certificate;
    const WallTime begun = world.now;
    for (int i = 0; i < 40 && world.now < plus(begun, 40 * kDay); ++i) {
        if (!world.step()) {
            ASSERT_GT(world.wait, Duration::zero());
            world.pass(world.wait);
        }
        if (covered && world.now < plus(begun, world.lifetimes.grace())) {
            EXPECT_TRUE(world.covers()) << "after " << testing::PrintToString(world.steps);
            EXPECT_TRUE(world.covers(inUse) || !read(inUse)[0].isValidAt(world.now))
                << "the leaf that was in use, after " << testing::PrintToString(world.steps);
        }
    }
    EXPECT_LT(world.steps.size(), 9U);
    EXPECT_TRUE(world.covers());
    EXPECT_EQ(world.stored.bundle, world.stored.authority.current.certificate);
    EXPECT_EQ(world.stored.authority.previous, "");
    const auto leaf = read(world.stored.leaf.certificate);
    EXPECT_TRUE(leaf[0].hasKey(world.stored.leaf.key));
    EXPECT_THAT(leaf[0].dnsNames(), testing::ElementsAreArray(kNames));
    EXPECT_TRUE(leaf[0].isSignedBy(read(world.stored.authority.current.certificate)[0]));
}

TEST(Rotation, ConvergesFromEveryStateOfALifeAfterEveryDamage) {
    const auto states = statesOfALife();
    ASSERT_GE(states.size(), 12U);
    for (std::size_t i = 0; i < states.size(); ++i) {
        for (const Damage& damage : damages()) {
            World world = states[i];
            const bool covered = world.covers() && damage.coversAfterwards;
            world.elect();
            world.steps.clear();
            damage.befall(world);
            converge(world, covered, "state " + std::to_string(i) + ", " + damage.name);
        }
    }
}

TEST(Rotation, KeepsTheLeafTrustedAlthoughTheAuthorityIsReplacedTwice) {
    World world = settledWorld();
    const std::string leaf = world.stored.leaf.certificate;
    world.stored.authority = {};
    ASSERT_TRUE(world.settle());
    world.stored.authority = {};
    ASSERT_TRUE(world.settle());
    EXPECT_EQ(world.stored.leaf.certificate, leaf);
    EXPECT_TRUE(world.covers());
}

TEST(Rotation, BoundsHowManyFormerAuthoritiesAreTrusted) {
    World world = settledWorld();
    for (int i = 0; i < 10; ++i) {
        world.stored.authority = {};
        ASSERT_TRUE(world.settle());
        EXPECT_TRUE(world.covers());
    }
    EXPECT_EQ(read(world.stored.authority.previous).size(), 4U);
}

TEST(Rotation, DoesNotTrustAForeignAuthorityForStandingInTheBundle) {
    World world = settledWorld();
    const KeyPair foreign = foreignAuthority();
    world.setBundle(world.stored.bundle + foreign.certificate);
    ASSERT_TRUE(world.settle());
    EXPECT_EQ(world.stored.bundle, world.stored.authority.current.certificate);
    EXPECT_EQ(world.stored.authority.previous, "");
}

TEST(Rotation, MakesALeafAnewThatLacksAName) {
    World world = settledWorld();
    world.stored.leaf = mintLeaf(world.stored.authority.current, {kNames[0]}, world.now, 90 * kDay);
    const Step step = world.next();
    ASSERT_NE(std::get_if<MintLeaf>(&step), nullptr);
    EXPECT_EQ(std::get<MintLeaf>(step).reason, "the one in use has not the name hook.system");
}

TEST(Rotation, SaysWhy) {
    World world;
    EXPECT_EQ(std::get<MintAuthority>(world.next()).reason, "there is none that can be used");
    world.step();
    EXPECT_EQ(std::get<PublishBundle>(world.next()).reason, "there was none");
    world.step();
    EXPECT_EQ(std::get<MintLeaf>(world.next()).reason, "there is none that can be used");
    world.step();
    world.pass(60 * kDay);
    EXPECT_EQ(std::get<MintLeaf>(world.next()).reason,
              "two thirds of the life of the one in use have passed");
    world.step();
    world.stored.authority.current = foreignAuthority();
    EXPECT_EQ(std::get<StorePrevious>(world.next()).reason,
              "a certificate that one of them signed is in use");
    world.step();
    EXPECT_EQ(std::get<PublishBundle>(world.next()).reason, "who has to be trusted has changed");
    world.step();
    world.pass(world.lifetimes.settle);
    EXPECT_EQ(std::get<MintLeaf>(world.next()).reason, "the one in use is of another authority");
    world.step();
    world.pass(world.lifetimes.grace());
    EXPECT_EQ(std::get<StorePrevious>(world.next()).reason,
              "no certificate that they signed is in use any more");
}

TEST(Rotation, LivesOfSecondsWork) {
    World world;
    world.lifetimes.leaf = std::chrono::seconds(30);
    world.lifetimes.authority = std::chrono::seconds(120);
    world.lifetimes.settle = std::chrono::seconds(1);
    ASSERT_TRUE(world.settle());
    for (int i = 0; i < 100; ++i) {
        world.pass(world.wait);
        ASSERT_TRUE(world.settle());
        EXPECT_TRUE(world.covers());
        ASSERT_GT(world.wait, Duration::zero());
    }
}

}  // namespace
}  // namespace injector::certificates
