#include "elector/http/metrics.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <thread>

namespace elector::http {
namespace {

TEST(MetricsTest, PrintsFamiliesInOrderWithHelpAndType) {
    Metrics metrics;
    metrics.gauge("b_ratio", "A ratio.").set(0.25);
    metrics.counter("a_total", "Things\nthat \\ happened.");
    EXPECT_EQ(metrics.text(),
              "# HELP a_total Things\\nthat \\\\ happened.\n"
              "# TYPE a_total counter\n"
              "a_total 0\n"
              "# HELP b_ratio A ratio.\n"
              "# TYPE b_ratio gauge\n"
              "b_ratio 0.25\n");
}

TEST(MetricsTest, EscapesLabelValues) {
    Metrics metrics;
    metrics.counter("a_total", "A.", {"name", "kind"}).add({"x\"y\\z\n", "k"}, 2);
    EXPECT_EQ(metrics.text(),
              "# HELP a_total A.\n# TYPE a_total counter\n"
              "a_total{name=\"x\\\"y\\\\z\\n\",kind=\"k\"} 2\n");
}

TEST(MetricsTest, CountsAHistogramsBucketsUpwards) {
    Metrics metrics;
    MetricFamily& latency = metrics.histogram("l_seconds", "L.", {0.1, 1}, {"verb"});
    latency.observe({"get"}, 0.1);
    latency.observe({"get"}, 0.5);
    latency.observe({"get"}, 7);
    EXPECT_EQ(metrics.text(),
              "# HELP l_seconds L.\n# TYPE l_seconds histogram\n"
              "l_seconds_bucket{verb=\"get\",le=\"0.1\"} 1\n"
              "l_seconds_bucket{verb=\"get\",le=\"1\"} 2\n"
              "l_seconds_bucket{verb=\"get\",le=\"+Inf\"} 3\n"
              "l_seconds_sum{verb=\"get\"} 7.6\n"
              "l_seconds_count{verb=\"get\"} 3\n");
}

TEST(MetricsTest, PrintsNumbersAsPrometheusReadsThem) {
    Metrics metrics;
    MetricFamily& value = metrics.gauge("v", "V.", {"n"});
    value.set({"a"}, std::numeric_limits<double>::infinity());
    value.set({"b"}, -std::numeric_limits<double>::infinity());
    value.set({"c"}, std::numeric_limits<double>::quiet_NaN());
    value.set({"d"}, 1767323045);
    EXPECT_EQ(metrics.text(),
              "# HELP v V.\n# TYPE v gauge\n"
              "v{n=\"a\"} +Inf\nv{n=\"b\"} -Inf\nv{n=\"c\"} NaN\nv{n=\"d\"} 1767323045\n");
}

TEST(MetricsTest, RefusesOurOwnMistakes) {
    Metrics metrics;
    MetricFamily& family = metrics.counter("a_total", "A.", {"x"});
    EXPECT_THROW(metrics.gauge("a_total", "Again."), std::logic_error);
    EXPECT_THROW(metrics.counter("a_total", "Other words."), std::logic_error);
    EXPECT_THROW(metrics.gauge("1a", "A."), std::logic_error);
    EXPECT_THROW(metrics.gauge("a-b", "A."), std::logic_error);
    EXPECT_THROW(metrics.gauge("b", "A.", {"x:y"}), std::logic_error);
    EXPECT_THROW(family.add(1), std::logic_error);
}

TEST(MetricsTest, CountsFromSeveralThreads) {
    Metrics metrics;
    MetricFamily& family = metrics.counter("a_total", "A.");
    {
        const auto count = [&] {
            for (int i = 0; i < 1000; ++i) {
                family.add(1);
            }
        };
        const std::jthread one(count);
        const std::jthread two(count);
    }
    EXPECT_EQ(metrics.text(), "# HELP a_total A.\n# TYPE a_total counter\na_total 2000\n");
}

}  // namespace
}  // namespace elector::http
