#pragma once

#include <cstddef>
#include <cstdint>

#include "elector/kubernetes/input.h"

namespace elector::kubernetes {

// The body of an HTTP/1.1 answer, read as it comes. Unlike Poco 1.11's streams it tells an end from
// a truncation: a body that breaks off is Unreachable, one that is framed wrongly Malformed.
class Body {
  public:
    // A body of no bytes.
    explicit Body(Input& input) : input_(input) {}

    void beginLength(std::uint64_t bytes);
    void beginChunked();
    // Ends when the connection does.
    void beginUntilClose();

    // Between one and `size` bytes; 0 at the proper end, and from then on.
    Result<std::size_t> read(char* buffer, std::size_t size);

    // Whether the end was reached, so that the connection can carry another answer.
    bool isComplete() const { return state_ == State::Complete; }

  private:
    enum class State { Complete, Length, ChunkHead, ChunkData, ChunkTail, UntilClose };

    Result<Done> readChunkHead();
    Result<Done> readChunkTail();
    Result<Done> readTrailers();
    Result<std::size_t> readData(char* buffer, std::size_t size, State next);

    Input& input_;
    State state_ = State::Complete;
    std::uint64_t left_ = 0;  // bytes of the body, or of the chunk
};

}  // namespace elector::kubernetes
