#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "injector/admission/review.h"

// Reviews as the API server sends them, and what it makes of the answers. Answers are read by Poco,
// not by the reader that the code under test uses.
namespace injector::admission {

// A review of the creation of `pod` in `space`.
std::string reviewOf(std::string_view pod, std::string_view space = "default");

struct ReadAnswer {
    std::string apiVersion;
    std::string kind;
    std::string uid;
    bool allowed = false;
    int code = 0;
    std::string reason;
    std::string message;
    std::string patchType;
    std::string patch;  // decoded
    std::vector<std::string> warnings;
};

// Throws where the answer is no AdmissionReview.
ReadAnswer readAnswer(const ReviewAnswer& answer);

}  // namespace injector::admission
