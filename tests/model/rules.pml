/* The rules of docs/design.md, section 2, by their numbers. Each can be broken by a switch, -DM<rule>_<how>=1. */

#ifndef M8_LATE
#define M8_LATE 0
#endif
#ifndef M8_LATE_READ
#define M8_LATE_READ 0
#endif
#ifndef M9_OLD
#define M9_OLD 0
#endif

/* ------------------------------------------------------------------------------------------------ what is checked */

/* The exception of --on-missing=create: the terms are of two lines, one begun under a Lease that was deleted, and the
 * later one begun by a process that made the Lease, had never seen another, and did not wait. */
#if CREATE_AT_ONCE && !STRICT
#define IS_EXCUSED(q) ((c[p].line > c[q].line && c[p].fresh) || (c[p].line < c[q].line && c[q].fresh))
#else
#define IS_EXCUSED(q) 0
#endif

/* A term begins: the only place where somebody comes to lead. S1: nobody else does. S3: the token is greater than that
 * of the term acquired last before it, and less than that of one acquired after it. */
inline beginTerm(itsLanding, itsToken, left, itsLine, itsFresh) {
    if
    :: itsLanding >= lastLanded ->
        assert(itsToken > lastToken);
        lastLanded = itsLanding; lastToken = itsToken
    :: else -> assert(itsToken < lastToken)
    fi;
    disown(p);
    c[p].state = LEADING; c[p].valid = left; c[p].line = itsLine; c[p].fresh = itsFresh;
    for (i : 0 .. N - 1) {
        if
        :: i != p && c[i].state == LEADING ->
            /* Who goes on is excused, but not who begins though it knows better. */
            assert(nobodyElseLeads || (IS_EXCUSED(i) && !y));
            excepted = 1
        :: else
        fi
    }
}

inline endTerm(q) {
    if
    :: c[q].state == LEADING ->
        c[q].state = FOLLOWING; c[q].valid = 0; c[q].line = 0; c[q].fresh = 0;
#if !M1_REVIVE
        disown(q)
#endif
    :: else
    fi
}

/* --------------------------------------------------------------------------------------------------------- rule 1 */

/* Validity counts from before the request was sent, and only a live term is prolonged. */
#if M1_ANSWER
#define COUNTED(sentAgo) 0
#else
#define COUNTED(sentAgo) (sentAgo)
#endif

/* A read-back credits the sending of the write that it proves, not the read. */
#if M1_READBACK
#define COUNTED_BACK(sentAgo) 0
#else
#define COUNTED_BACK(sentAgo) COUNTED(sentAgo)
#endif

inline credit(sentAgo) {
    if
    :: c[p].state == LEADING && D - sentAgo > c[p].valid -> c[p].valid = D - sentAgo
#if M1_REVIVE
    /* The term acquired last is its own: over the write of this one nobody has written yet. */
    :: c[p].state == FOLLOWING && D > sentAgo -> beginTerm(lastLanded, lastToken, D - sentAgo, c[p].uid, 0)
#endif
    :: else
    fi
}

/* --------------------------------------------------------------------------------------------------------- rule 2 */

/* How long to wait for a record, from when the news of it is processed; never by its renewTime. */
#if M2_RENEW_TIME
#define HELD_FOR 0 /* our wall clock is ahead of the holder's by L */
#else
#define HELD_FOR L
#endif

/* Changed means: the uid, the spec or our annotation, and so each renewal. */
#if M2_HOLDER
#define HAS_CHANGED(k, r, ch) ((k) != c[p].claim)
#elif EDITS
#define HAS_CHANGED(k, r, ch) ((ch) != c[p].change)
#else
#define HAS_CHANGED(k, r, ch) ((r) != c[p].rv)
#endif

/* ------------------------------------------------------------------------------------------- rules 2, 3, 5, 6 and 8 */

#if M8_VACANT_FREE
#define VACANT_FOR 0
#else
#define VACANT_FOR L
#endif

/* How long until the record may be taken. A new uid counts as vacant (rule 5). */
#define WAIT(k) (flag || (k) == UNHELD -> VACANT_FOR : ((k) == RIVAL -> HELD_FOR : 0))

#if M2_HOLDER || M4_NO_UID || M4_NO_REVISION
#define KEEPS_STALE 1 /* what is not sound in this mutation: see tidy() */
#else
#define KEEPS_STALE 0
#endif
#if M7_READ
#define KEEPS_AGES 1
#else
#define KEEPS_AGES 0
#endif

/* Observation::accept(), and Election::reactAsHolder(). */
inline observe(itsClaim, itsUid, itsRevision, itsChange, isMine, sentAgo) {
    if
    :: LISTS && c[p].uid != itsUid && c[p].hint.kind == READ && c[p].hint.claim == MISSING ->
        clear(c[p].hint) /* a list that was sent before the Lease was first seen */
    :: else
    fi;
    if
    :: c[p].claim <= MISSING || c[p].uid != itsUid || HAS_CHANGED(itsClaim, itsRevision, itsChange) ->
        flag = (c[p].uid != 0 && c[p].uid != itsUid);
        c[p].another = c[p].another || flag;
        c[p].free = WAIT(itsClaim);
        c[p].vacated = 0;
        c[p].claim = itsClaim; c[p].uid = itsUid; c[p].rv = itsRevision; c[p].change = itsChange; c[p].mine = isMine;
        if
        :: itsClaim == OURS && isMine -> credit(sentAgo)
#if M7_READ
        /* An acquiring write that landed unanswered is found: its term begins, with the revision read for a token. */
        :: itsClaim == OURS && !isMine && c[p].state == FOLLOWING && D > sentAgo ->
            beginTerm(itsRevision, itsRevision, D - sentAgo, itsUid, 0);
            c[p].mine = 1
#endif
#if M6_FOUND
        :: itsClaim == SAMEPOD && c[p].state == FOLLOWING -> beginTerm(itsRevision, itsRevision, D, itsUid, 0)
#endif
#if !M3_GOES_ON
        /* Rule 3: who sees another holder, or a release that it did not write, leads no more. */
        :: itsClaim == RIVAL || itsClaim == SAMEPOD || itsClaim == FREED -> endTerm(p)
#endif
        :: else
        fi
    :: else -> c[p].rv = itsRevision
    fi
}

/* Rule 8: what is known to be gone stays gone. */
#define KNOWS_GONE(m) (c[p].claim == MISSING && c[p].uid == m.uid && m.uid != 0)

inline foundNone() {
    c[p].claim = MISSING; c[p].mine = 0; c[p].vacated = 0; c[p].free = 0
}

inline readAnswered() {
    if
    :: c[p].ask.claim == MISSING ->
        if
        :: c[p].claim == MISSING || (c[p].claim > MISSING && c[p].ask.overtaken) -> skip
        :: else -> foundNone()
        fi
    :: KNOWS_GONE(c[p].ask) && c[p].ask.overtaken && !M8_LATE_READ -> skip /* a list was quicker */
    :: c[p].ask.claim != MISSING && c[p].ask.rv < c[p].rv -> skip /* a hint was quicker */
    :: else ->
        observe(c[p].ask.claim, c[p].ask.uid, c[p].ask.rv, c[p].ask.change, c[p].ask.mine, COUNTED_BACK(c[p].ask.age))
    fi;
    clear(c[p].ask)
}

/* Rule 9: a hint that is not above all that was seen or written is ignored, and one of a Lease that is gone. */
inline hinted() {
    if
    :: c[p].hint.claim == MISSING ->
        foundNone();
        if
        :: c[p].ask.kind == READ -> c[p].ask.overtaken = 1
        :: else
        fi
    :: c[p].hint.claim != MISSING && (c[p].hint.rv <= c[p].rv || KNOWS_GONE(c[p].hint)) && !M9_OLD -> skip
    :: else ->
        if
        :: c[p].ask.kind == READ -> c[p].ask.overtaken = 1
        :: else
        fi;
        observe(c[p].hint.claim, c[p].hint.uid, c[p].hint.rv, c[p].hint.change, c[p].hint.mine,
                COUNTED_BACK(c[p].hint.age))
    fi;
    clear(c[p].hint)
}

/* ---------------------------------------------------------------------------------------------------- rules 4 and 7 */

/* An update lands on the revision and uid that it carries or not at all; without a uid the server makes of an update
 * of a Lease that is gone a creation, and who does not tell 201 from 200 takes that for success. */
#if M4_NO_UID
#define OUTLIVES(what) 1
#define LANDS(m) (m.kind == SENT && (m.intent == CREATE || m.overtaken -> !lease.present : 1))
#elif M4_NO_REVISION
#define OUTLIVES(what) 1
#define LANDS(m) (m.kind == SENT && (m.intent == CREATE -> !lease.present : lease.present))
#elif M10_REPLACES
#define OUTLIVES(what) ((what) == CREATE)
#define LANDS(m) (m.kind == SENT)
#else
#define OUTLIVES(what) ((what) == CREATE)
#define LANDS(m) (m.kind == SENT && (m.intent != CREATE || !lease.present))
#endif

/* A write that was not answered is not taken for one that landed. */
#if M4_TAKES_FOR_MADE
#define TIMED_OUT() if :: c[p].ask.mine -> credit(c[p].ask.age) :: else fi
#else
#define TIMED_OUT() skip
#endif

/* Each write differs from what is stored by its renewTime, if by nothing else: an identical one changes nothing, and is
 * answered with the revision that was there. */
#if M4_IDENTICAL
#define IS_IDENTICAL(what, itsHolder) (((what) == ACQUIRE || (what) == RENEW) && lease.holder == itsHolder)
#else
#define IS_IDENTICAL(what, itsHolder) 0
#endif

/* --------------------------------------------------------------------------------------------------------- rule 8 */

/* Created is a vacant Lease. */
#if M6_CREATION
#define CREATED OURS
#define CREATED_HOLDER(q) LIVE(q)
#else
#define CREATED UNHELD
#define CREATED_HOLDER(q) VACANT
#endif

/* At once it is free for the leader whose term is valid; and, with --on-missing=create, for a process that made it and
 * never saw another. For the rest once they have waited. */
#if M8_SEEN_BEFORE
#define IS_FREE_FOR_ITS_MAKER CREATE_AT_ONCE
#else
#define IS_FREE_FOR_ITS_MAKER (CREATE_AT_ONCE && !c[p].another)
#endif
#define IS_EXCEPTION(q) (c[q].vacated && c[q].free > 0 && !c[q].another && c[q].state == FOLLOWING)

#if EDITS
#define IS_SAME(record) (record.change == c[p].ask.change)
#else
#define IS_SAME(record) (record.rv == c[p].ask.rv)
#endif

inline writeAnswered() {
    x = c[p].ask.intent;
    y = KNOWS_GONE(c[p].ask);
    if
    :: y && x != RELEASE && !M8_LATE -> skip
    :: y && x != RELEASE && M8_LATE && x == CREATE -> skip
    :: x == CREATE ->
        observe(CREATED, c[p].ask.uid, c[p].ask.rv, c[p].ask.change, 0, 0);
        c[p].vacated = IS_FREE_FOR_ITS_MAKER;
#if M6_CREATION
        beginTerm(c[p].ask.rv, c[p].ask.rv, D, c[p].ask.uid, 0);
        owned()
#endif
    :: x == RELEASE -> die(p, DEAD)
    :: x == ACQUIRE || x == RENEW ->
        if
        :: c[p].ask.rv < c[p].rv -> skip /* a hint was quicker */
        :: else -> observe(OURS, c[p].ask.uid, c[p].ask.rv, c[p].ask.change, c[p].ask.mine, COUNTED(c[p].ask.age))
        fi;
        if
        :: x == RENEW && c[p].ask.mine -> credit(COUNTED(c[p].ask.age))
        /* Rule 6: a term begins here and nowhere else. Rule 7: its token is the revision answered. */
        :: x == ACQUIRE && c[p].claim == OURS && c[p].state != LEAVING && COUNTED(c[p].ask.age) < D ->
            beginTerm(c[p].ask.rv, c[p].ask.rv, D - COUNTED(c[p].ask.age), c[p].ask.line, c[p].ask.fresh);
            owned()
        :: else
        fi
    fi;
    clear(c[p].ask)
}

/* What the acquiring write that was just answered left behind is of the present term. */
inline owned() {
    c[p].mine = 1;
    if
    :: lease.holder == LIVE(p) && IS_SAME(lease) -> lease.mine = 1; lease.age = c[p].ask.age
    :: else
    fi;
    if
    :: c[p].hint.claim == OURS && IS_SAME(c[p].hint) -> c[p].hint.mine = 1; c[p].hint.age = c[p].ask.age
    :: else
    fi
}
/* --------------------------------------------------------------------------------------------------- rules 5 and 13 */

/* Released is only what was read and is ours, and only once every answer is "no". */
#if M5_BLIND
#define MAY_RELEASE(q) (c[q].state == LEAVING && c[q].claim > UNHELD)
#elif M13_EARLY
#define MAY_RELEASE(q) (c[q].state != FOLLOWING && c[q].claim == OURS)
#else
#define MAY_RELEASE(q) (c[q].state == LEAVING && c[q].claim == OURS)
#endif

/* --------------------------------------------------------------------------------------------------------- rule 6 */

/* Who is of our Pod and not us is dead: the Pod's lock says so. */
#if M6_NO_LOCK
#define TAKES_FOR_SAME_POD(q, holder) ((holder) != DEAD)
#else
#define TAKES_FOR_SAME_POD(q, holder) ((holder) == POD(q))
#endif

#define MAY_RENEW(q) (c[q].claim == OURS && ((c[q].state == LEADING && c[q].mine) || c[q].state == LEAVING))

#define MAY_CREATE(q) (c[q].claim == MISSING && c[q].state != LEAVING)
#define MAY_ACQUIRE(q) ((c[q].state == FOLLOWING && c[q].claim > MISSING && (c[q].free == 0 || c[q].vacated)) || \
                        (c[q].state == LEADING && (c[q].claim == UNHELD || (c[q].claim == OURS && !c[q].mine))))
