/* verdict.c -- the model that knows what each row must be answered. */
#include "verdict.h"

#include <inttypes.h>

void verdict_init(struct verdict *verdict, const struct rows *rows, const struct ledger *ledger,
                  struct audit_report *report)
{
    *verdict = (struct verdict){.rows = rows, .ledger = ledger, .report = report};
    verdict->roll = ledger->roll;
    verdict->answered = memory_zeroed(rows->count, sizeof *verdict->answered);
    verdict->sold_out = memory_zeroed(rows->pairs.count, sizeof *verdict->sold_out);
    pthread_mutex_init(&verdict->lock, NULL);
}

void verdict_deinit(struct verdict *verdict)
{
    free(verdict->answered);
    free(verdict->sold_out);
    pthread_mutex_destroy(&verdict->lock);
}

uint64_t verdict_expected(const struct rows *rows, const struct roll *roll, uint32_t campaign)
{
    uint64_t stock = roll->campaigns[campaign].stock;
    uint64_t entitled = rows->entitled[campaign];
    return stock < entitled ? stock : entitled;
}

/* Tell whether the model allows this answer; *why says what it would have taken. */
static bool is_right(const struct verdict *verdict, const struct row *row, enum outcome outcome,
                     bool again, const char **why)
{
    const struct campaign *campaign = &verdict->roll->campaigns[row->campaign];
    uint32_t had = ledger_acknowledged(verdict->ledger, row->pair);
    bool full = had >= campaign->per_member;
    enum outcome full_answer = campaign->per_member == 1 ? OUTCOME_DUPLICATE : OUTCOME_LIMIT;
    *why = full ? "the member has all he may have" : "the member may have one more";
    if (outcome == OUTCOME_OK) {
        if (!full && verdict->sold_out[row->pair])
            *why = "the member was told SOLD_OUT before";
        return !full && !verdict->sold_out[row->pair];
    }
    if (outcome == full_answer)
        return full || again;
    if (outcome != OUTCOME_SOLD_OUT)
        return false;
    if (full)
        return false;
    *why = "there is stock for all who ask";
    return campaign->stock < verdict->rows->entitled[row->campaign];
}

void verdict_judge(struct verdict *verdict, size_t number, enum outcome outcome, bool again)
{
    const struct row *row = &verdict->rows->rows[number];
    const char *why = "";
    if (outcome == OUTCOME_UNANSWERED)
        return;
    verdict->answered[number] = 1;
    bool right = is_right(verdict, row, outcome, again, &why);
    if (outcome == OUTCOME_SOLD_OUT)
        verdict->sold_out[row->pair] = 1;
    if (right)
        return;
    atomic_fetch_add(&verdict->wrong, 1);
    struct span member = intern_text(&verdict->rows->members, row->member);
    pthread_mutex_lock(&verdict->lock);
    audit_problem(verdict->report, "row %zu: member %.*s, campaign %s: answered %s, but %s",
                  number + 1, (int)member.length, member.bytes,
                  verdict->roll->campaigns[row->campaign].id, outcome_name(outcome), why);
    pthread_mutex_unlock(&verdict->lock);
}

void verdict_end(struct verdict *verdict, struct verdict_summary *summary)
{
    const struct rows *rows = verdict->rows;
    *summary = (struct verdict_summary){.present = true, .rows = rows->count};
    summary->members = rows->members.count;
    summary->campaigns = rows->campaigns.count;
    summary->wrong = verdict->wrong;
    for (size_t i = 0; i < rows->count; i++)
        summary->answered += verdict->answered[i];
    for (uint32_t i = 0; i < rows->campaigns.count; i++)
        summary->expected_ok += verdict_expected(rows, verdict->roll, i);
    verdict->report->wrong_rows = summary->wrong;
    if (summary->answered < summary->rows)
        audit_problem(verdict->report, "%" PRIu64 " of %" PRIu64 " rows got no answer",
                      summary->rows - summary->answered, summary->rows);
}
