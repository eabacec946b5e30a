#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace elector::json_text {

// What is kept of a JSON value that is read through a Filter. By default all of it. Meant as static
// data: whoever refers to another Keep, or to a list of members, does not own it.
struct Keep {
    struct Member {
        std::string_view name;
        const Keep* keep;  // nullptr: the member is dropped
    };
    static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

    // Of an object: the members that have a rule of their own.
    std::span<const Member> members = {};  // NOLINT(readability-redundant-member-init)
    // What becomes of its other members: they are dropped, or only those that begin with this text
    // are not; what is kept of them, where nullptr is all.
    bool dropsOthers = false;
    std::string_view othersBeginWith = {};  // NOLINT(readability-redundant-member-init)
    const Keep* others = nullptr;
    // Of an array: what is kept of each element; nullptr: all.
    const Keep* elements = nullptr;
    // An element, as it is kept, is dropped where this is given and says false.
    bool (*isWanted)(std::string_view element) = nullptr;
    // The elements go to the filter's taker, one by one, and are not kept.
    bool isHandedOut = false;
    // How many bytes are kept. Of an object or an array that has rules, each member or element that
    // does not fit is left out; any other value that does not fit is left out as a whole.
    std::size_t most = kUnlimited;
};

// Reads one JSON value as it comes, piece by piece, and keeps the parts of it that `keep` names.
// Needs memory for what it keeps, whatever comes: what is dropped may be of any length, and nested
// to any depth. It checks as much of the text as it needs to find the parts; what it kept is JSON
// where isValid() says so.
class Filter {
  public:
    // An element that is handed out; `leftOut` of its parts did not fit. Without text where all of
    // it was left out.
    struct Element {
        std::string_view text;
        std::size_t leftOut = 0;
    };
    using Taker = std::function<void(const Element& element)>;

    // `keep` outlives the filter. At most `most` bytes are kept.
    Filter(const Keep& keep, std::size_t most, Taker taker = {});

    void take(std::string_view bytes);

    // Whether one value has come, and nothing but blanks behind it.
    bool isComplete() const;
    // Whether something was left out because more than `most` bytes would have been kept.
    bool isTooLong() const { return isTooLong_; }
    // How many members and elements did not fit into what is kept of their object or array; but
    // for elements of which only some are wanted.
    std::size_t leftOut() const { return leftOut_; }
    // What was kept: compact between the parts that have rules, and else as it came.
    const std::string& text() const { return out_; }
    std::string finish() && { return std::move(out_); }

    // Begins with another value.
    void reset();

  private:
    enum class State {
        Value,         // a value is to come
        FirstElement,  // one, or the end of the array
        FirstKey,      // a key, or the end of the object
        Key,
        InKey,
        Colon,
        Inside,  // in a value that is kept or dropped as a whole
        AfterValue,
        End,
        Broken,
    };
    // An object or array that is kept in parts, and is not at its end yet.
    struct Frame {
        const Keep* keep = nullptr;
        bool isObject = false;
        std::size_t limit = 0;    // of `out_`, for what it holds
        std::size_t begin = 0;    // in `out_`: of the member or element that is being read
        std::size_t count = 0;    // of those that were kept
        std::size_t leftOut = 0;  // of the filter, before that element
    };

    std::size_t step(std::string_view bytes);
    std::size_t readKey(std::string_view bytes);
    std::size_t readInside(std::string_view bytes);
    std::size_t passString(std::string_view bytes);
    void beginKey();
    void beginElement();
    // Returns how many characters of it were taken.
    std::size_t beginValue(char first);
    void endKey();
    void endValue();
    void endElement(Frame& frame);
    void close(char bracket);
    void put(std::string_view text);
    void leaveOut();

    const Keep& keep_;
    const std::size_t most_;
    const Taker taker_;

    State state_ = State::Value;
    std::vector<Frame> frames_;  // as deep as the rules are
    std::string out_;
    std::size_t limit_ = 0;       // of `out_`, for the value that is being read
    const Keep* next_ = nullptr;  // for the value that is to come; nullptr: dropped
    std::size_t keyBegin_ = 0;    // in `out_`
    std::size_t depth_ = 0;       // of brackets within the value that is read as a whole
    bool isCopying_ = true;       // what is read is kept
    bool isScalar_ = false;       // the value is a number or a word
    bool isInString_ = false;
    bool isEscaped_ = false;  // the next character of the string is
    bool isTooLong_ = false;
    std::size_t leftOut_ = 0;
};

}  // namespace elector::json_text
