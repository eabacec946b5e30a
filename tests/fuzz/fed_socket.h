#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace fuzz {

// What the peer of every connection sends from now on, and in which pieces: `cuts` are their sizes,
// from the first again behind the last; none for a single piece. Then it ends the connection.
//
// A program that links this has no other sockets: elector::kubernetes::Socket is made of it.
void feedSockets(std::string bytes, std::vector<std::size_t> cuts);

}  // namespace fuzz
