#pragma once

#include "elector/config/facts.h"
#include "elector/config/settings.h"
#include "injector/config/invocation.h"

// What the tables of flags cannot say: values that others decide about, and what fits together.
// `settings` are those that were applied. All throw elector::config::Refusal.
namespace injector::config {

void complete(WebhookConfig& config, const elector::config::Settings& settings,
              const elector::config::Facts& facts);
void complete(OperatorConfig& config, const elector::config::Settings& settings,
              const elector::config::Facts& facts);
void complete(InjectRequest& request, const elector::config::Settings& settings);
void complete(CheckRequest& request, const elector::config::Settings& settings,
              const elector::config::Environment& environment);

}  // namespace injector::config
