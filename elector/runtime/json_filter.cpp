#include "elector/runtime/json_filter.h"

#include <algorithm>
#include <utility>

#include "elector/runtime/json_text.h"

namespace elector::json_text {
namespace {

constexpr Keep kAll;

bool hasRules(const Keep& keep, char bracket) {
    if (bracket == '{') {
        return !keep.members.empty() || keep.dropsOthers || !keep.othersBeginWith.empty() ||
               keep.others != nullptr;
    }
    return bracket == '[' &&
           (keep.elements != nullptr || keep.isWanted != nullptr || keep.isHandedOut);
}

// What is kept of the member; nullptr: nothing.
const Keep* ruleFor(const Keep& keep, std::string_view rawKey) {
    for (const auto& member : keep.members) {
        if (isKey(rawKey, member.name)) {
            return member.keep;
        }
    }
    if (keep.dropsOthers || (!keep.othersBeginWith.empty() &&
                             !stringIn(rawKey).value_or("").starts_with(keep.othersBeginWith))) {
        return nullptr;
    }
    return keep.others != nullptr ? keep.others : &kAll;
}

std::size_t limitAfter(std::size_t begin, std::size_t most) {
    return most > Keep::kUnlimited - begin ? Keep::kUnlimited : begin + most;
}

}  // namespace

Filter::Filter(const Keep& keep, std::size_t most, Taker taker)
    : keep_(keep), most_(most), taker_(std::move(taker)) {
    reset();
}

void Filter::reset() {
    state_ = State::Value;
    frames_.clear();
    out_.clear();
    limit_ = most_;
    next_ = &keep_;
    isCopying_ = true;
    isTooLong_ = false;
    leftOut_ = 0;
}

bool Filter::isComplete() const {
    return state_ == State::End || (state_ == State::Inside && isScalar_ && frames_.empty());
}

void Filter::take(std::string_view bytes) {
    while (!bytes.empty() && state_ != State::Broken) {
        bytes.remove_prefix(step(bytes));
    }
}

std::size_t Filter::step(std::string_view bytes) {
    if (state_ == State::InKey) {
        return readKey(bytes);
    }
    if (state_ == State::Inside) {
        return readInside(bytes);
    }
    const char character = bytes.front();
    if (isBlank(character)) {
        return 1;
    }
    switch (state_) {
        case State::FirstElement:
        case State::FirstKey:
            if (character == ']' || character == '}') {
                close(character);
                return 1;
            }
            if (state_ == State::FirstElement) {
                beginElement();
                return 0;
            }
            [[fallthrough]];
        case State::Key:
            if (character != '"') {
                break;
            }
            beginKey();
            return 1;
        case State::Colon:
            if (character != ':') {
                break;
            }
            put(":");
            state_ = State::Value;
            return 1;
        case State::Value:
            return beginValue(character);
        case State::AfterValue:
            if (character == ']' || character == '}') {
                close(character);
                return 1;
            }
            if (character != ',') {
                break;
            }
            if (frames_.back().isObject) {
                state_ = State::Key;
            } else {
                beginElement();
            }
            return 1;
        case State::InKey:
        case State::Inside:
        case State::End:
        case State::Broken:
            break;
    }
    state_ = State::Broken;
    return 1;
}

void Filter::beginKey() {
    auto& frame = frames_.back();
    frame.begin = out_.size();
    limit_ = frame.limit;
    isCopying_ = true;
    isInString_ = true;
    isEscaped_ = false;
    keyBegin_ = frame.begin + (frame.count > 0 ? 1 : 0);
    put(frame.count > 0 ? ",\"" : "\"");
    state_ = State::InKey;
}

std::size_t Filter::readKey(std::string_view bytes) {
    const auto used = passString(bytes);
    put(bytes.substr(0, used));
    if (!isInString_) {
        endKey();
    }
    return used;
}

void Filter::endKey() {
    state_ = State::Colon;
    const auto& frame = frames_.back();
    next_ = isCopying_ ? ruleFor(*frame.keep, std::string_view(out_).substr(keyBegin_)) : nullptr;
    if (next_ == nullptr) {
        isCopying_ = false;
        out_.resize(frame.begin);
    }
}

void Filter::beginElement() {
    auto& frame = frames_.back();
    frame.begin = out_.size();
    frame.leftOut = leftOut_;
    limit_ = frame.limit;
    isCopying_ = true;
    put(frame.count > 0 ? "," : "");
    next_ = frame.keep->elements != nullptr ? frame.keep->elements : &kAll;
    state_ = State::Value;
}

std::size_t Filter::beginValue(char first) {
    isCopying_ = isCopying_ && next_ != nullptr;
    if (isCopying_) {
        limit_ = std::min(limit_, limitAfter(out_.size(), next_->most));
        if (hasRules(*next_, first)) {
            frames_.push_back({next_, first == '{', limit_});
            out_ += first;
            state_ = first == '{' ? State::FirstKey : State::FirstElement;
            return 1;
        }
    }
    const bool isText = first == '"' || first == '{' || first == '[';
    if (!isText && std::string_view("-0123456789tfn").find(first) == std::string_view::npos) {
        state_ = State::Broken;
        return 1;
    }
    state_ = State::Inside;
    isScalar_ = !isText;
    isInString_ = false;
    isEscaped_ = false;
    depth_ = 0;
    return 0;
}

std::size_t Filter::readInside(std::string_view bytes) {
    std::size_t used = 0;
    bool hasEnded = false;
    if (isInString_) {
        used = passString(bytes);
        hasEnded = !isInString_ && depth_ == 0;
    } else if (isScalar_) {
        used = std::min(bytes.find_first_of(",]} \n\r\t"), bytes.size());
        hasEnded = used < bytes.size();
    } else {
        while (used < bytes.size() && !isInString_ && !hasEnded) {
            const char character = bytes[used++];
            isInString_ = character == '"';
            if (character == '{' || character == '[') {
                ++depth_;
            } else if (character == '}' || character == ']') {
                hasEnded = --depth_ == 0;
            }
        }
    }
    put(bytes.substr(0, used));
    if (hasEnded) {
        endValue();
    }
    return used;
}

// Up to the string's end, or to what has to be looked at before the rest.
std::size_t Filter::passString(std::string_view bytes) {
    if (std::exchange(isEscaped_, false)) {
        return 1;
    }
    const auto end = plainEnd(bytes, 0);
    if (end == bytes.size()) {
        return end;
    }
    isInString_ = bytes[end] != '"';
    isEscaped_ = bytes[end] == '\\';
    return end + 1;
}

void Filter::endValue() {
    if (frames_.empty()) {
        state_ = State::End;
        return;
    }
    auto& frame = frames_.back();
    if (!frame.isObject) {
        endElement(frame);
    } else if (isCopying_) {
        ++frame.count;
    }
    isCopying_ = true;
    limit_ = frame.limit;
    state_ = State::AfterValue;
}

void Filter::endElement(Frame& frame) {
    const auto text =
        isCopying_ ? std::string_view(out_).substr(frame.begin + (frame.count > 0 ? 1 : 0)) : "";
    if (frame.keep->isHandedOut) {
        taker_({text, leftOut_ - frame.leftOut});
        out_.resize(frame.begin);
    } else if (isCopying_ && frame.keep->isWanted != nullptr && !frame.keep->isWanted(text)) {
        out_.resize(frame.begin);
    } else if (isCopying_) {
        ++frame.count;
    }
}

void Filter::close(char bracket) {
    if (frames_.empty() || frames_.back().isObject != (bracket == '}')) {
        state_ = State::Broken;
        return;
    }
    out_ += bracket;
    frames_.pop_back();
    isCopying_ = true;
    endValue();
}

void Filter::put(std::string_view text) {
    if (!isCopying_) {
        return;
    }
    out_ += text;
    if (out_.size() > limit_) {
        leaveOut();
    }
}

void Filter::leaveOut() {
    isTooLong_ = isTooLong_ || out_.size() > most_;
    // Whether an element is wanted cannot be said of one that does not fit.
    if (frames_.empty() || frames_.back().keep->isWanted == nullptr) {
        ++leftOut_;
    }
    isCopying_ = false;
    out_.resize(frames_.empty() ? 0 : frames_.back().begin);
}

}  // namespace elector::json_text
