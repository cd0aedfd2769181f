/* ledger.c -- entering answers. */
#include "ledger.h"

#include "failure.h"

void ledger_init(struct ledger *ledger, const struct roll *roll, bool retried)
{
    *ledger = (struct ledger){.roll = roll, .retried = retried};
    ledger->ok = memory_zeroed(roll->pair_count, sizeof *ledger->ok);
    ledger->refused = memory_zeroed(roll->pair_count, sizeof *ledger->refused);
    ledger->campaigns = memory_zeroed(roll->campaign_count, sizeof *ledger->campaigns);
    for (uint32_t i = 0; i < roll->campaign_count; i++)
        ledger->campaigns[i].sold_out_ns = UINT64_MAX;
}

void ledger_deinit(struct ledger *ledger)
{
    free(ledger->ok);
    free(ledger->refused);
    free(ledger->campaigns);
    *ledger = (struct ledger){0};
}

static void add(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void sold_out_enter(struct ledger_campaign *campaign, uint64_t now_ns)
{
    add(&campaign->sold_out);
    uint64_t first = atomic_load_explicit(&campaign->sold_out_ns, memory_order_relaxed);
    while (now_ns < first &&
           !atomic_compare_exchange_weak_explicit(&campaign->sold_out_ns, &first, now_ns,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

void ledger_enter(struct ledger *ledger, uint64_t pair, uint32_t campaign, enum outcome outcome,
                  bool again, uint64_t made_ns, uint64_t now_ns)
{
    ASSERT(pair < ledger->roll->pair_count);
    ASSERT(campaign < ledger->roll->campaign_count);
    struct ledger_campaign *counts = &ledger->campaigns[campaign];
    unsigned had_all = again ? LEDGER_HAD_ALL | LEDGER_HAD_ALL_AGAIN : LEDGER_HAD_ALL;
    switch (outcome) {
    case OUTCOME_OK:
        if (made_ns > atomic_load_explicit(&counts->sold_out_ns, memory_order_relaxed))
            add(&counts->ok_too_late);
        atomic_fetch_add_explicit(&ledger->ok[pair], 1, memory_order_relaxed);
        break;
    case OUTCOME_DUPLICATE:
    case OUTCOME_LIMIT:
        if ((atomic_load_explicit(&ledger->refused[pair], memory_order_relaxed) & had_all) !=
            had_all)
            atomic_fetch_or_explicit(&ledger->refused[pair], (uint8_t)had_all,
                                     memory_order_relaxed);
        break;
    case OUTCOME_SOLD_OUT:
        sold_out_enter(counts, now_ns);
        break;
    case OUTCOME_ERROR: /* a server that fails in the middle may have accepted it */
    case OUTCOME_UNANSWERED:
        add(&counts->unanswered);
        break;
    default:
        break;
    }
}

uint32_t ledger_acknowledged(const struct ledger *ledger, uint64_t pair)
{
    uint32_t ok = ledger->ok[pair];
    if (!(ledger->refused[pair] & LEDGER_HAD_ALL_AGAIN))
        return ok;
    uint32_t all = ledger->roll->campaigns[roll_pair_campaign(ledger->roll, pair)].per_member;
    return ok > all ? ok : all;
}
