/* The election of one leader by one Kubernetes Lease, as elector/election does it: who may do what, and when.
 * rules.pml has the rules, by number, and the mutations. README.md says how to read this and what is left out.
 *
 * There is one true time, which passes in ticks. In a tick each clock advances by SLOW or by FAST, as it likes.
 * All that the election ever asks of a clock is how long ago something was, so no instant is stored: only ages and
 * what is left, each in units of the clock that counts it. Revisions and uids are only compared, so that their
 * ranks are stored. So the states are finitely many though runs are not bounded in length.
 */

#define p _pid /* in a candidate: itself */

#ifndef N
#define N 2 /* candidates */
#endif
#ifndef L
#define L 4 /* lease duration */
#endif
#ifndef D
#define D 2 /* renew deadline */
#endif
#ifndef SLOW
#define SLOW 1 /* what the slowest clock that is allowed advances by in a tick, ... */
#endif
#ifndef FAST
#define FAST 2 /* ... and the fastest: SLOW / FAST >= D / L */
#endif

#ifndef CREATE_AT_ONCE
#define CREATE_AT_ONCE 0 /* --on-missing=create, else wait */
#endif
#ifndef DELETIONS
#define DELETIONS 0 /* the Lease may be deleted by hand, at any time and any number of times */
#endif
#ifndef EDITS
#define EDITS 0 /* so may its metadata be edited */
#endif
#ifndef WATCH
#define WATCH 0 /* the candidates watch the Lease; else they read it */
#endif
#ifndef LISTS
#define LISTS 0 /* each watch lists first: a quorum read of its own, beside what is under way */
#endif
#ifndef STOPS
#define STOPS 1 /* processes are told to stop or step down, and release */
#endif
#ifndef RESTARTS
#define RESTARTS 1 /* processes die at any moment, and others start */
#endif
#ifndef STRICT
#define STRICT 0 /* 1: the exception of --on-missing=create counts as a violation */
#endif

/* The holder that a record names. */
#define VACANT 0              /* leader-elector.io/vacant */
#define RELEASED 1            /* nobody, by a proper release */
#define DEAD 2                /* a process that is no more, of a Pod that is no more */
#define LIVE(q) (3 + 2 * (q)) /* the process of candidate q */
#define POD(q) (4 + 2 * (q))  /* a process that is no more, of the Pod of candidate q */

/* What a candidate makes of it (Claim in observation.h), or that there is no record. */
#define UNKNOWN 0
#define MISSING 1
#define UNHELD 2
#define FREED 3
#define OURS 4
#define SAMEPOD 5
#define RIVAL 6

/* The states of a process. One that was told to stop is LEADING until nobody is answered "yes" any more. */
#define FOLLOWING 0
#define LEADING 1
#define LEAVING 2 /* says "no"; renews on while it drains, then releases */

/* What a write is for. */
#define NONE 0
#define CREATE 1
#define ACQUIRE 2
#define RENEW 3
#define RELEASE 4

/* Where a message is. */
#define NOWHERE 0
#define SENT 1    /* a write, on its way to the API server */
#define LANDED 2  /* the answer to a write, on its way back */
#define READ 3    /* the answer to a read, or an event of the watch, on its way */

typedef Lease {
    bit present;
    unsigned uid : 4;
    unsigned rv : 4;     /* kept while the Lease is missing: the store's revision goes on */
    unsigned change : 4; /* the revision that last changed what counts as a change */
    unsigned holder : 4;
    unsigned age : 4;    /* how long ago it was sent by a LIVE holder's clock, while `mine` */
    bit mine;            /* it is a write of the present term of its LIVE holder */
    /* Ghosts, for the exception of rule 8. Terms are of one line if one follows from the other: taken over, or, by the
     * leader of a Lease that was deleted, taken on. Lines are numbered in the order of their beginnings. */
    unsigned line : 4;   /* 0: nobody has held this Lease yet */
    bit fresh            /* the line was begun by that exception */
};

typedef Message {
    unsigned kind : 2;
    unsigned intent : 3; /* of a write */
    unsigned claim : 3;  /* of a record */
    unsigned uid : 4;
    unsigned rv : 4;
    unsigned change : 4;
    unsigned age : 4;    /* since the write was sent that this is, or shows */
    bit mine;
    unsigned line : 4;   /* ghosts: of an acquiring write, the line that it goes on with, if any */
    bit fresh;
    bit overtaken        /* since the read was answered, something newer was seen, or that there is no Lease */
};

typedef Candidate {
    unsigned state : 2;
    unsigned valid : 4;  /* how long it may go on to answer "yes" */
    /* What it knows of the Lease (Observation) ... */
    unsigned claim : 3;
    unsigned uid : 4;    /* kept while the Lease is missing; 0: it never saw one */
    unsigned rv : 4;     /* of the record, and the highest seen or written */
    unsigned change : 4;
    bit mine;
    unsigned free : 4;   /* how long until it may take the Lease */
    bit another;         /* it has seen two uids */
    bit vacated;         /* it made this vacancy, and may take it at once */
    /* ... and its messages. */
    Message ask;         /* the one request that it waits for */
    Message late;        /* a write that it, or its predecessor, does not wait for any more: it may still land */
    unsigned dead : 2;   /* whose `late` is: 0 its own, else as DEAD or POD */
    Message hint;        /* an event of the watch, or the answer to its list */
    unsigned line : 4;   /* ghosts: of its term */
    bit fresh
};

Lease lease;
Candidate c[N];

/* Ghosts: of the terms that began so far the one that was acquired last: when (by revision), and its token. */
unsigned lastLanded : 4;
unsigned lastToken : 4;
/* The run has come to an exception that design.md names: nothing is claimed of what comes after. */
bit excepted;
#define nobodyElseLeads false

/* Used within one step only, and zero between steps. */
byte i, x, y, flag;


#include "rules.pml"

/* ------------------------------------------------------------------------------------- what can matter no longer */

inline clear(m) {
    m.kind = NOWHERE; m.intent = NONE; m.claim = 0; m.uid = 0; m.rv = 0; m.change = 0;
    m.age = 0; m.mine = 0; m.line = 0; m.fresh = 0; m.overtaken = 0
}

/* No write belongs to a present term of q any more. */
inline disown(q) {
    c[q].mine = 0; c[q].ask.mine = 0; c[q].late.mine = 0; c[q].hint.mine = 0;
    if
    :: lease.holder == LIVE(q) -> lease.mine = 0
    :: else
    fi
}

/* After each step, states that differ in nothing that can matter any more are made one. Sound, because:
 *
 *   - of revisions the order matters, and of uids the equality: each is replaced by its rank among those in use. The
 *     lowest ranks are kept for "older than all that can still come" (of revisions 0, of the last token 1; of uids 1).
 *   - who knows a record that has been written over, or is gone, has no write of its land before it has learnt of
 *     another, and that will be a change: how long it would have waited, and for whom, does not matter.
 *   - an age matters in the acquiring write that is waited for, and in the writes of the present term.
 *   - who is leaving takes nothing, so that it does not matter when it might.
 *   - that a line was begun by the exception matters while somebody leads, or may, in an older one.
 *
 * In C, because it runs a hundred million times. */
c_code {
#define REVISIONS(f) \
    f(now.lease.rv) f(now.lease.change) f(now.lastLanded) f(now.lastToken) \
    for (q = 0; q < N; ++q) { \
        f(now.c[q].rv) f(now.c[q].change) f(now.c[q].ask.rv) f(now.c[q].ask.change) \
        f(now.c[q].hint.rv) f(now.c[q].hint.change) \
    }
#define UIDS(f) \
    f(now.lease.uid) \
    for (q = 0; q < N; ++q) { \
        f(now.c[q].uid) f(now.c[q].ask.uid) f(now.c[q].hint.uid) \
    }
#define LINES(f) \
    f(now.lease) \
    for (q = 0; q < N; ++q) { \
        f(now.c[q]) f(now.c[q].ask) f(now.c[q].late) \
    }
#define USES(field) used[field] = 1;
#define RANKS(field) field = ranks[field];
#define USES_LINE(of) used[of.line] = 1;
#define RANKS_LINE(of) of.line = ranks[of.line]; of.fresh &= of.line != oldest;

    static void rank(const unsigned char* used, unsigned char* ranks) {
        int next = 2;
        ranks[0] = 0;
        ranks[1] = 1;
        for (int v = 2; v < 16; ++v) {
            ranks[v] = next;
            next += used[v];
        }
        if (used[15]) {
            fprintf(stderr, "more revisions or uids in use than a field holds\n");
            exit(3);
        }
    }

    static int isBelowAll(int own, int current, int asked, int hinted) {
        return own < current && (asked == 0 || own < asked) && (hinted == 0 || own < hinted);
    }

    static void forgetOf(int q) {
        const int gone = !now.lease.present;
        const int isOld = isBelowAll(now.c[q].rv, now.lease.rv + gone, now.c[q].ask.rv, now.c[q].hint.rv);
        const int isStale = !EDITS ? isOld : isBelowAll(now.c[q].change, now.lease.change + gone,
                                                        now.c[q].ask.change, now.c[q].hint.change);
        if (isOld) {
            now.c[q].rv = 0;
        }
        if (isStale && now.c[q].claim > MISSING && !KEEPS_STALE) {
            now.c[q].change = 0;
            now.c[q].claim = RIVAL;
            now.c[q].mine = 0;
            now.c[q].free = 0;
            now.c[q].vacated = 0;
        }
        if (now.c[q].claim <= MISSING) {
            now.c[q].change = 0;
        }
        if ((!now.lease.present || now.c[q].uid != now.lease.uid) && now.c[q].uid != now.c[q].ask.uid &&
            now.c[q].uid != now.c[q].hint.uid && now.c[q].uid != 0) {
            now.c[q].uid = 1;
        }
        if (!KEEPS_AGES) {
            now.c[q].ask.age *= now.c[q].ask.mine || now.c[q].ask.intent == ACQUIRE;
            now.c[q].late.age *= now.c[q].late.mine;
            now.c[q].hint.age *= now.c[q].hint.mine;
        }
        if (!CREATE_AT_ONCE) {
            now.c[q].another = 0;
            now.c[q].line = now.c[q].ask.line = now.c[q].late.line = now.lease.line = 0;
        }
    }

    extern int readtrail;

    /* The steps of a trail in words: pan -r -n. */
    static const char* const kHolders[] = {"vacant", "released", "a former Pod"};
    static const char* const kClaims[] = {"nothing", "none", "vacant", "released", "ours", "our Pod's", "rival"};
    static const char* const kStates[] = {"follows", "LEADS", "leaves"};
    static const char* const kIntents[] = {"", "creation", "acquisition", "renewal", "release"};
    static const char* const kKinds[] = {"", " sent", " landed", ""};

    static void describeMessage(const char* what, int kind, int intent, int claim, int rv) {
        if (kind == READ) {
            printf(", %s: %s rv %d", what, kClaims[claim], rv);
        } else if (kind != NOWHERE) {
            printf(", %s: %s%s", what, kIntents[intent], kKinds[kind]);
        }
    }

    static void describe(int who, const char* what) {
        int q;
        static int step = 0;
        printf("%3d. ", ++step);
        if (who < 0) {
            printf("%s\n", what);
        } else {
            printf("%c %s\n", 'A' + who, what);
        }
        printf("       Lease: ");
        if (!now.lease.present) {
            printf("none");
        } else if (now.lease.holder <= DEAD) {
            printf("uid %d rv %d %s", now.lease.uid, now.lease.rv, kHolders[now.lease.holder]);
        } else {
            printf("uid %d rv %d %s%c", now.lease.uid, now.lease.rv,
                   (now.lease.holder - LIVE(0)) % 2 ? "a former process of the Pod of " : "",
                   'A' + (now.lease.holder - LIVE(0)) / 2);
        }
        for (q = 0; q < N; ++q) {
            printf("; %c %s", 'A' + q, kStates[now.c[q].state]);
            if (now.c[q].state == LEADING) {
                printf(" for %d", now.c[q].valid);
            }
            printf(", knows %s", now.c[q].claim > MISSING && now.c[q].rv == 0 ? "what is no more"
                                                                              : kClaims[now.c[q].claim]);
            if (now.c[q].claim > MISSING && now.c[q].rv != 0) {
                printf(" uid %d rv %d, free in %d%s", now.c[q].uid, now.c[q].rv, now.c[q].free,
                       now.c[q].vacated ? " (own vacancy)" : "");
            }
            describeMessage("waits for", now.c[q].ask.kind, now.c[q].ask.intent, now.c[q].ask.claim, now.c[q].ask.rv);
            describeMessage("late", now.c[q].late.kind, now.c[q].late.intent, 0, 0);
            describeMessage("event", now.c[q].hint.kind, 0, now.c[q].hint.claim, now.c[q].hint.rv);
        }
        printf("\n");
    }

    static void tidy(int who, const char* what) {
        int q;
        unsigned char ranks[16];
        int last = now.lastLanded == now.lastToken && now.lastToken < now.lease.rv;
        if (!now.lease.mine && !KEEPS_AGES) {
            now.lease.age = 0;
        }
        for (q = 0; q < N; ++q) {
            last = last && isBelowAll(now.lastToken, 15, now.c[q].ask.rv, now.c[q].hint.rv);
            forgetOf(q);
        }
        if (last && now.lastToken != 0) {
            now.lastLanded = 1;
            now.lastToken = 1;
        }
        {
            unsigned char used[16] = {0};
            REVISIONS(USES)
            rank(used, ranks);
            REVISIONS(RANKS)
        }
        {
            unsigned char used[16] = {0};
            UIDS(USES)
            rank(used, ranks);
            UIDS(RANKS)
        }
        if (CREATE_AT_ONCE) {
            unsigned char used[16] = {0};
            int oldest = 0;
            LINES(USES_LINE)
            rank(used, ranks);
            for (q = 15; q > 0; --q) {
                oldest = used[q] ? ranks[q] : oldest;
            }
            LINES(RANKS_LINE)
        }
        now.i = now.x = now.y = now.flag = 0;
        if (readtrail) {
            describe(who, what);
        }
    }
};

/* ------------------------------------------------------------------------------------------------- the API server */

#define CLAIM(q, holder) ((holder) == VACANT -> UNHELD : ((holder) == RELEASED -> FREED : \
                          ((holder) == LIVE(q) -> OURS : (TAKES_FOR_SAME_POD(q, holder) -> SAMEPOD : RIVAL))))

/* A quorum read is answered, or the watch sends an event. */
inline sample(q, m) {
    m.kind = READ;
    if
    :: lease.present ->
        m.claim = CLAIM(q, lease.holder); m.uid = lease.uid; m.rv = lease.rv; m.change = lease.change;
        if
        :: m.claim == OURS -> m.age = lease.age; m.mine = lease.mine
        :: else
        fi
    :: else -> m.claim = MISSING
    fi
}

/* The Lease has another revision or uid, or is gone: no update that was sent before can land any more, and whether its
 * sender is told (409) or not, it learns nothing by it. Creations can land as soon as there is no Lease. */
inline supersede() {
    for (i : 0 .. N - 1) {
        if
        :: c[i].ask.kind == SENT && !OUTLIVES(c[i].ask.intent) -> clear(c[i].ask)
        :: c[i].ask.kind == SENT && OUTLIVES(c[i].ask.intent) -> c[i].ask.overtaken = (c[i].ask.intent != CREATE)
        :: else
        fi;
        if
        :: c[i].late.kind == SENT && !OUTLIVES(c[i].late.intent) -> clear(c[i].late); c[i].dead = 0
        :: c[i].late.kind == SENT && OUTLIVES(c[i].late.intent) -> c[i].late.overtaken = (c[i].late.intent != CREATE)
        :: else
        fi
    }
}

#define NEW_LINE 14 /* above all others: ranks are smaller */
#define NEXT(v) ((v) < 2 -> 2 : (v) + 1)

inline store(m, itsHolder, q) {
    lease.age = 0; lease.mine = 0;
    lease.rv = NEXT(lease.rv);
    lease.change = lease.rv * EDITS;
    if
    :: x == CREATE -> lease.holder = CREATED_HOLDER(q)
    :: x == RELEASE -> lease.holder = RELEASED
    :: else -> lease.holder = itsHolder; lease.age = m.age; lease.mine = m.mine
    fi;
    if
    :: !flag -> lease.present = 1; lease.uid = NEXT(lease.uid); lease.line = 0; lease.fresh = 0
    :: else
    fi;
    if
    :: x == ACQUIRE && lease.line == 0 ->
        lease.line = (m.line -> m.line : NEW_LINE); lease.fresh = m.fresh
    :: else
    fi
}

/* A write lands. `m` is cleared, if nobody waits for its answer. */
inline land(q, m, itsHolder) {
    x = m.intent;
    flag = lease.present;
    if
    :: IS_IDENTICAL(x, itsHolder) -> skip
    :: else -> store(m, itsHolder, q); m.kind = LANDED; supersede()
    fi;
    m.kind = LANDED;
    m.uid = lease.uid; m.rv = lease.rv; m.change = lease.change; m.line = 0; m.fresh = 0;
    if
    :: x == ACQUIRE -> m.line = lease.line; m.fresh = lease.fresh
    :: else
    fi
}

/* -------------------------------------------------------------------------------------------------- the candidates */

/* The end of a step of a candidate. */
#define DID(what) c_code { tidy(Pcandidate->_pid, what); }
#define IDLE (c[p].ask.kind == NOWHERE)
/* An answer that changes nothing need not be waited for. Who watches learns of changes as events, which may be as late
 * as answers: it reads for what events do not tell. */
#define IS_NEWS (lease.present -> c[p].claim <= MISSING || \
                                  (!WATCH && (c[p].uid != lease.uid || c[p].rv != lease.rv)) : \
                                  c[p].claim != MISSING)

inline send(what) {
    c[p].ask.kind = SENT; c[p].ask.intent = what;
    c[p].ask.mine = (what == RENEW && c[p].state == LEADING -> c[p].mine : 0);
    if
    :: what == ACQUIRE && c[p].state == LEADING -> c[p].ask.line = c[p].line; c[p].ask.fresh = c[p].fresh
    :: what == ACQUIRE && c[p].state != LEADING -> c[p].ask.fresh = IS_EXCEPTION(p)
    :: else
    fi;
    /* It carries revision and uid as read: if they are not the Lease's any more, it will be refused. */
    if
    :: what != CREATE && !(lease.present && c[p].uid == lease.uid && c[p].rv == lease.rv) ->
        if
        :: OUTLIVES(what) -> c[p].ask.overtaken = 1
        :: else -> clear(c[p].ask)
        fi
    :: else
    fi
}

/* A process of q is no more; the next one knows nothing. What it sent may still land. */
inline die(q, how) {
    endTerm(q);
    c[q].state = FOLLOWING; c[q].claim = UNKNOWN; c[q].uid = 0; c[q].rv = 0; c[q].change = 0; c[q].free = 0;
    c[q].another = 0; c[q].vacated = 0;
    clear(c[q].ask); clear(c[q].hint);
    c[q].late.age = 0;
    if
    :: c[q].late.kind == NOWHERE || c[q].late.intent == CREATE || c[q].late.intent == RELEASE -> c[q].dead = 0
    :: else -> c[q].dead = (how == DEAD || c[q].dead == DEAD -> DEAD : 1)
    fi;
    if
    :: lease.holder == LIVE(q) || (lease.holder == POD(q) && how == DEAD) -> lease.holder = how; lease.age = 0
    :: else
    fi
}

/* The request is waited for no longer. */
inline giveUp() {
    if
    :: c[p].ask.kind == SENT ->
        if
        :: c[p].late.kind != NOWHERE -> skip /* of two that may still land one is lost */
        :: c[p].late.kind = SENT; c[p].late.intent = c[p].ask.intent; c[p].late.age = c[p].ask.age;
            c[p].late.mine = c[p].ask.mine; c[p].late.line = c[p].ask.line; c[p].late.fresh = c[p].ask.fresh;
            c[p].late.overtaken = c[p].ask.overtaken; c[p].dead = 0
        fi
    :: else
    fi;
    TIMED_OUT();
    clear(c[p].ask)
}

active [N] proctype candidate() provided (!excepted) {
    do
    /* Asks, and the server answers: a quorum read. */
    :: d_step { IDLE && IS_NEWS -> sample(p, c[p].ask); DID("reads") }
    :: d_step { c[p].ask.kind == READ -> readAnswered(); DID("is answered what it asked for") }
    :: d_step { c[p].ask.kind == LANDED -> writeAnswered(); DID("is answered: written") }
    :: atomic { c[p].ask.kind != NOWHERE -> giveUp(); d_step { DID("waits for its request no longer") } }

    :: d_step { IDLE && MAY_CREATE(p) -> send(CREATE); DID("sends a creation") }
    :: d_step { IDLE && MAY_ACQUIRE(p) -> send(ACQUIRE); DID("sends an acquiring write") }
    :: d_step { IDLE && MAY_RENEW(p) -> send(RENEW); DID("sends a renewal") }
    :: d_step { IDLE && MAY_RELEASE(p) -> send(RELEASE); DID("sends a release") }

    /* Somebody was told "no" already, or the wall clock jumped, or it just is so. */
    :: d_step { c[p].state == LEADING -> endTerm(p); DID("says no before its time") }
#if STOPS
    /* Told to stop: every answer is "no" from now on. */
    :: d_step { c[p].state != LEAVING -> endTerm(p); c[p].state = LEAVING; DID("is told to stop, and says no") }
    /* Told to step down, rather: it follows again, whether it has released or not. */
    :: d_step { IDLE && c[p].state == LEAVING -> c[p].state = FOLLOWING; DID("follows again") }
#endif

#if LISTS
    /* That the Lease is there an event tells as well. */
    :: d_step {
            c[p].hint.kind == NOWHERE && !lease.present && c[p].claim != MISSING ->
            sample(p, c[p].hint);
            DID("lists, and there is none")
        }
#endif
#if WATCH
    :: d_step {
            c[p].hint.kind == NOWHERE && lease.present && (lease.rv > c[p].rv || M9_OLD) ->
            sample(p, c[p].hint);
            DID("is sent an event")
        }
#endif
#if WATCH || LISTS
    :: d_step { c[p].hint.kind == READ -> hinted(); DID("sees an event") }
#endif

#if RESTARTS
    /* The process dies at any moment, or ends, and another starts: in the same Pod or in a new one. */
    :: atomic {
            true ->
            if
            :: c[p].ask.kind == SENT -> giveUp()
            :: else
            fi;
            if
            :: d_step { die(p, POD(p)); DID("dies, and is started again in its Pod") }
            :: d_step { die(p, DEAD); DID("dies, and another starts in a new Pod") }
            fi
        }
#endif
    od
}

/* ------------------------------------------------------------------------------------------------------- the world */

inline grow(m, step) {
    m.age = (m.age + step < D -> m.age + step : D)
}

inline tick(q, step) {
    c[q].free = (c[q].free > step -> c[q].free - step : 0);
    c[q].valid = (c[q].valid > step -> c[q].valid - step : 0);
    if
    :: c[q].state == LEADING && c[q].valid == 0 -> endTerm(q)
    :: else
    fi;
    grow(c[q].ask, step); grow(c[q].late, step); grow(c[q].hint, step);
    if
    :: lease.holder == LIVE(q) -> grow(lease, step)
    :: else
    fi
}

inline ticks(a, b, e) {
    tick(0, a);
    tick(1, b);
#if N > 2
    tick(2, e);
#endif
    c_code { tidy(-1, "time passes"); }
}

active proctype world() provided (!excepted) {
    do
    :: d_step { true -> ticks(SLOW, SLOW, SLOW) }
    :: d_step { true -> ticks(SLOW, FAST, SLOW) }
    :: d_step { true -> ticks(FAST, SLOW, SLOW) }
    :: d_step { true -> ticks(FAST, FAST, SLOW) }
#if N > 2
    :: d_step { true -> ticks(SLOW, SLOW, FAST) }
    :: d_step { true -> ticks(SLOW, FAST, FAST) }
    :: d_step { true -> ticks(FAST, SLOW, FAST) }
    :: d_step { true -> ticks(FAST, FAST, FAST) }
#endif
#if DELETIONS
    :: d_step {
            lease.present ->
            lease.present = 0; lease.holder = VACANT; lease.age = 0; lease.mine = 0; lease.line = 0;
            lease.fresh = 0;
            supersede();
            c_code { tidy(-1, "somebody deletes the Lease"); }
        }
#endif
#if EDITS
    /* kubectl label lease: a new revision, and nothing that counts as a change. */
    :: d_step {
            lease.present ->
            lease.rv = NEXT(lease.rv); supersede();
            c_code { tidy(-1, "somebody edits the metadata"); }
        }
#endif
    od
}

/* What is on its way to the API server arrives. */
active [N] proctype network() provided (!excepted) {
    byte n = _pid - N - 1;
    do
    :: d_step {
            LANDS(c[n].ask) ->
            y = LIVE(n); land(n, c[n].ask, y);
            c_code { tidy(Pnetwork->n, "has its write land"); }
        }
    :: d_step {
            LANDS(c[n].late) ->
            y = (c[n].dead == 0 -> LIVE(n) : (c[n].dead == 1 -> POD(n) : DEAD));
            land(n, c[n].late, y);
            clear(c[n].late); c[n].dead = 0;
            c_code { tidy(Pnetwork->n, "has an old write land late"); }
        }
    od
}
