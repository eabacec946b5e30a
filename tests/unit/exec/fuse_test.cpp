#include <gtest/gtest.h>

#include <chrono>

#include "elector/exec/director.h"

namespace elector::exec {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant at(Duration time) {
    return Instant(time);
}

constexpr Instant kEnd = at(seconds(100));
constexpr seconds kGrace{1};
constexpr milliseconds kMargin{200};

TEST(FuseTest, TellsAGraceBeforeTheEndAndKillsAMarginBeforeIt) {
    Fuse fuse(kGrace, kEnd);
    EXPECT_EQ(fuse.next(), kEnd - kGrace);
    EXPECT_EQ(fuse.due(kEnd - kGrace - Duration(1)), Fuse::Due::Nothing);
    EXPECT_EQ(fuse.due(kEnd - kGrace), Fuse::Due::Tell);
    fuse.light(kEnd - kGrace);
    EXPECT_EQ(fuse.due(kEnd - kGrace), Fuse::Due::Nothing);
    EXPECT_EQ(fuse.next(), kEnd - kMargin);
    EXPECT_EQ(fuse.due(kEnd - kMargin - Duration(1)), Fuse::Due::Nothing);
    EXPECT_EQ(fuse.due(kEnd - kMargin), Fuse::Due::Kill);
}

TEST(FuseTest, KillsThoughNobodyWasTold) {
    // As after a suspend that outlasted both.
    EXPECT_EQ(Fuse(kGrace, kEnd).due(kEnd + seconds(3600)), Fuse::Due::Kill);
}

TEST(FuseTest, LastsForAsLongAsTheTermIsRenewed) {
    Fuse fuse(kGrace, kEnd);
    fuse.extend(kEnd + seconds(2));
    EXPECT_EQ(fuse.next(), kEnd + seconds(1));
    // A wall clock that was set forward ends a term sooner.
    fuse.extend(kEnd - seconds(2));
    EXPECT_EQ(fuse.next(), kEnd - seconds(3));
}

TEST(FuseTest, NothingProlongsWhatWasToldToEnd) {
    Fuse fuse(kGrace, kEnd);
    fuse.light(kEnd - kGrace);
    fuse.extend(kEnd + seconds(50));
    EXPECT_EQ(fuse.killAt(), kEnd - kMargin);
}

TEST(FuseTest, WhatIsToldEarlyHasItsGraceAndNoMore) {
    Fuse fuse(kGrace, kEnd);
    fuse.light(kEnd - seconds(10));
    EXPECT_EQ(fuse.killAt(), kEnd - seconds(9));
    fuse.light(kEnd - seconds(5));
    EXPECT_EQ(fuse.killAt(), kEnd - seconds(9));
}

TEST(FuseTest, AGraceWithinTheMarginOnlyKills) {
    for (const Duration grace : {Duration(0), Duration(kMargin)}) {
        const Fuse fuse(grace, kEnd);
        EXPECT_EQ(fuse.next(), kEnd - kMargin);
        EXPECT_EQ(fuse.due(kEnd - kMargin), Fuse::Due::Kill);
    }
}

}  // namespace
}  // namespace elector::exec
