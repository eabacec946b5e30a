#pragma once

#include <openssl/bio.h>

#include <memory>

namespace elector::kubernetes {

// An OpenSSL BIO over a non-blocking socket, which it does not own; the variable that holds the
// descriptor must outlive it. Unlike OpenSSL's own it never raises SIGPIPE, which would end a
// program that did not think of it.
std::unique_ptr<BIO, decltype(&BIO_free_all)> newSocketBio(int& descriptor);

}  // namespace elector::kubernetes
