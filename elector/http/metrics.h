#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace elector::http {

class MetricFamily;

// All metrics of a program, in the Prometheus text format 0.0.4.
//
//   Metrics metrics;
//   MetricFamily& requests = metrics.counter("x_requests_total", "Requests sent.", {"verb"});
//   requests.add({"get"}, 1);
//
// Families live as long as the Metrics. Threads: any, at any time.
class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    // A family without labels shows a value of 0 from the start. Whoever describes a family again
    // in the same words gets the same one. Throws std::logic_error where the name is another
    // family's, or no name ([a-zA-Z_:][a-zA-Z0-9_:]*, of labels without colons).
    MetricFamily& counter(const std::string& name, const std::string& help,
                          std::vector<std::string> labels = {});
    MetricFamily& gauge(const std::string& name, const std::string& help,
                        std::vector<std::string> labels = {});
    // `bounds`: the upper bounds of the buckets, rising; +Inf is added.
    MetricFamily& histogram(const std::string& name, const std::string& help,
                            std::vector<double> bounds, std::vector<std::string> labels = {});

    std::string text() const;

  private:
    MetricFamily& add(const std::string& name, std::unique_ptr<MetricFamily> family);

    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<MetricFamily>> families_;
};

// One metric with all its label values. REQUIRES in each call: as many values as labels.
class MetricFamily {
  public:
    enum class Kind { Counter, Gauge, Histogram };
    struct Description {
        Kind kind;
        std::string name;
        std::string help;
        std::vector<std::string> labels;
        std::vector<double> bounds;  // of a histogram

        bool operator==(const Description&) const = default;
    };
    explicit MetricFamily(Description description);
    const Description& description() const { return description_; }

    using Values = std::vector<std::string>;

    // Of counters (by no negative amount) and gauges.
    void add(const Values& labels, double amount);
    void add(double amount) { add({}, amount); }
    // Of gauges, and of counters that are counted elsewhere.
    void set(const Values& labels, double value);
    void set(double value) { set({}, value); }
    // Of histograms.
    void observe(const Values& labels, double value);
    void observe(double value) { observe({}, value); }

    void appendText(std::string& out) const;

  private:
    struct Series {
        double value = 0;  // a histogram's sum
        std::vector<std::uint64_t> buckets;
    };
    Series& series(const Values& labels);
    void appendSeries(std::string& out, const Values& labels, const Series& series) const;
    void appendHistogram(std::string& out, const Values& labels, const Series& series) const;
    std::string labelText(const Values& labels, const std::string& bound) const;

    const Description description_;
    mutable std::mutex mutex_;
    std::map<Values, Series> series_;
};

}  // namespace elector::http
