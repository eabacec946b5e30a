#include "elector/kubernetes/socket_bio.h"

#include <sys/socket.h>

#include <cerrno>
#include <new>

namespace elector::kubernetes {

namespace {

int descriptorOf(BIO* bio) {
    return *static_cast<const int*>(BIO_get_data(bio));
}

bool isTemporary(int problem) {
    return problem == EAGAIN || problem == EWOULDBLOCK || problem == EINTR;
}

int readSome(BIO* bio, char* buffer, int size) {
    BIO_clear_retry_flags(bio);
    const auto got = recv(descriptorOf(bio), buffer, static_cast<std::size_t>(size), 0);
    if (got < 0 && isTemporary(errno)) {
        BIO_set_retry_read(bio);
    }
    return static_cast<int>(got);
}

int writeSome(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    const auto sent = send(descriptorOf(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && isTemporary(errno)) {
        BIO_set_retry_write(bio);
    }
    return static_cast<int>(sent);
}

long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* newMethod() {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (method == nullptr) {
        throw std::bad_alloc();
    }
    BIO_meth_set_read(method, &readSome);
    BIO_meth_set_write(method, &writeSome);
    BIO_meth_set_ctrl(method, &control);
    return method;
}

}  // namespace

std::unique_ptr<BIO, decltype(&BIO_free_all)> newSocketBio(int& descriptor) {
    // Lives as long as the process: sessions may outlive whatever else could own it.
    static BIO_METHOD* const method = newMethod();
    std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(method), &BIO_free_all);
    if (!bio) {
        throw std::bad_alloc();
    }
    BIO_set_data(bio.get(), &descriptor);
    BIO_set_init(bio.get(), 1);
    return bio;
}

}  // namespace elector::kubernetes
