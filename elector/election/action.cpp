#include "elector/election/action.h"

namespace elector::election {

const char* toString(Intent intent) {
    switch (intent) {
        case Intent::Create:
            return "create";
        case Intent::Acquire:
            return "acquire";
        case Intent::Renew:
            return "renew";
        case Intent::Release:
            return "release";
        case Intent::Ask:
            return "ask";
    }
    return "unknown";
}

const char* toString(NoteKind kind) {
    switch (kind) {
        case NoteKind::TermBegan:
            return "term_began";
        case NoteKind::TermEnded:
            return "term_ended";
        case NoteKind::LeaderChanged:
            return "leader_changed";
        case NoteKind::LeaseCreated:
            return "lease_created";
        case NoteKind::LeaseMissing:
            return "lease_missing";
        case NoteKind::Released:
            return "released";
        case NoteKind::NotReleased:
            return "not_released";
        case NoteKind::HeldForLife:
            return "held_for_life";
        case NoteKind::OddRecord:
            return "odd_record";
        case NoteKind::RevisionWentBack:
            return "revision_went_back";
        case NoteKind::CreatedByUpdate:
            return "created_by_update";
        case NoteKind::WriteIgnored:
            return "write_ignored";
        case NoteKind::NameInUse:
            return "name_in_use";
        case NoteKind::RequestFailed:
            return "request_failed";
        case NoteKind::WatchDenied:
            return "watch_denied";
        case NoteKind::WatchRestored:
            return "watch_restored";
        case NoteKind::WatchBroken:
            return "watch_broken";
        case NoteKind::Healthy:
            return "healthy";
        case NoteKind::Unhealthy:
            return "unhealthy";
        case NoteKind::Degraded:
            return "degraded";
        case NoteKind::PodLocked:
            return "pod_locked";
    }
    return "unknown";
}

}  // namespace elector::election
