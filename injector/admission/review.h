#pragma once

#include <string>
#include <string_view>

#include "injector/admission/admission.h"

namespace injector::admission {

// What the webhook answers to the body of a request, and what it counts.
struct ReviewAnswer {
    int status = 200;  // of HTTP; 400 where the body is no AdmissionReview v1 of a Pod
    std::string body;  // an AdmissionReview v1 with its response; or, at 400, a sentence
    Verdict verdict = Verdict::Failed;
    std::string_view cause;  // as Decision has it
};

// Answers an AdmissionReview (admission.k8s.io/v1) about a Pod: echoes its uid, allows or refuses,
// brings the patch. Never throws on foreign input. Pure. What it allocates, the answer included, is
// below 128 KiB and a bit for each bracket that is open at a time, whatever the body is, or 768 KiB
// where annotations add to the program's containers: the lists and maps of the body are visited,
// never collected, and of its texts no more is kept than can be of use.
ReviewAnswer review(std::string_view body, const Defaults& defaults);

}  // namespace injector::admission
