#pragma once

#include <string>
#include <string_view>

#include "injector/check/facts.h"
#include "injector/check/report.h"

// What is to be said about single Pods. Pure.
namespace injector::check {

// The version in a status that the injector wrote, "injected 0.1.0"; "" where it is no such.
std::string injectedVersion(std::string_view status);

// Whether version `left` came before `right`: numbers between dots, compared as numbers. False
// where either has something else in it.
bool isOlder(std::string_view left, std::string_view right);

// How a Pod stands, with `current` the version of this program.
PodLine lineOf(const PodFact& pod, std::string_view current);

// Whether the Pod has ended: what it lacked does not matter any more.
bool hasEnded(const PodFact& pod);

}  // namespace injector::check
