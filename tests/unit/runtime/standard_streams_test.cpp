#include "elector/runtime/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <vector>

namespace elector::runtime {
namespace {

// What `steps` answer in a process of their own, whose descriptors they may close.
int inChild(const std::function<int()>& steps) {
    const pid_t child = fork();
    if (child == 0) {
        _exit(steps());
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool isNull(int descriptor) {
    struct stat status{};
    return fstat(descriptor, &status) == 0 && S_ISCHR(status.st_mode) &&
           status.st_rdev == makedev(1, 3);
}

TEST(StandardStreamsTest, GivesNoFileTheNumberOfAStreamThatIsClosed) {
    const std::vector<std::vector<int>> cases{{0}, {1}, {2}, {0, 2}, {1, 2}, {0, 1, 2}};
    for (const auto& closed : cases) {
        EXPECT_EQ(inChild([&closed] {
                      for (const int descriptor : closed) {
                          close(descriptor);
                      }
                      occupyStandardStreams();
                      for (const int descriptor : closed) {
                          if (!isNull(descriptor)) {
                              return 1;
                          }
                      }
                      return open("/dev/zero", O_RDONLY) > 2 ? 0 : 2;
                  }),
                  0)
            << closed.front() << ", " << closed.size();
    }
}

TEST(StandardStreamsTest, LeavesAloneWhatIsOpen) {
    EXPECT_EQ(inChild([] {
                  const int before = open("/dev/zero", O_RDONLY);
                  dup2(before, 2);
                  close(before);
                  occupyStandardStreams();
                  return !isNull(2) && open("/dev/zero", O_RDONLY) == before ? 0 : 1;
              }),
              0);
}

TEST(StandardStreamsTest, ComplainsWithoutFailing) {
    EXPECT_EQ(inChild([] {
                  dup2(open("/dev/full", O_WRONLY), 2);
                  complain("program", "sentence");
                  close(2);
                  complain("program", "sentence");
                  return 0;
              }),
              0);
}

}  // namespace
}  // namespace elector::runtime
