/* report_json.c -- everything a run found out, for other programs. */
#include "result.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

/* Set a member; the JSON library takes over the value. */
static void put(json_t *object, const char *name, json_t *value)
{
    int failed = json_object_set_new(object, name, value);
    ASSERT(!failed);
}

static void put_count(json_t *object, const char *name, uint64_t value)
{
    put(object, name, json_integer((json_int_t)value));
}

/* Text from the wire or the command line need not be UTF-8; what is not becomes empty. */
static json_t *text_json(const char *text)
{
    json_t *value = json_string(text);
    return value ? value : json_string("");
}

static void setting_put(void *context, const char *name, const char *value, bool number)
{
    json_t *settings = context;
    json_t *parsed = number ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
    put(settings, name, parsed ? parsed : text_json(value));
}

static json_t *microseconds(double ns)
{
    return json_real((double)(int64_t)(ns + 0.5) / 1000);
}

static json_t *latency_json(const struct histogram *histogram, bool is_void)
{
    json_t *latency = json_object();
    put_count(latency, "count", histogram->count);
    put(latency, "min", microseconds((double)histogram->min));
    put(latency, "mean", microseconds(histogram_mean(histogram)));
    put(latency, "p50", microseconds((double)histogram_percentile(histogram, 0.5)));
    put(latency, "p90", microseconds((double)histogram_percentile(histogram, 0.9)));
    put(latency, "p99", microseconds((double)histogram_percentile(histogram, 0.99)));
    put(latency, "p999", microseconds((double)histogram_percentile(histogram, 0.999)));
    put(latency, "max", microseconds((double)histogram->max));
    put(latency, "void", json_boolean(is_void));
    return latency;
}

static json_t *outcomes_json(const uint64_t outcomes[static OUTCOME_COUNT], bool zeros)
{
    json_t *object = json_object();
    for (enum outcome i = 0; i < OUTCOME_COUNT; i++) {
        if (!outcome_is_error(i) && (zeros || outcomes[i]))
            put_count(object, outcome_name(i), outcomes[i]);
    }
    return object;
}

static json_t *words_json(const struct words *words)
{
    json_t *object = json_object();
    for (size_t i = 0; i < words->count; i++) {
        json_t *name = text_json(words->entries[i].text);
        put_count(object, json_string_value(name), words->entries[i].times);
        json_decref(name);
    }
    return object;
}

static json_t *series_json(const struct result *result)
{
    const struct series *series = &result->series;
    double slot_s = (double)series->slot_ns / 1e9;
    json_t *list = json_array();
    for (size_t i = 0; i < series->used; i++) {
        const struct series_slot *slot = &series->slots[i];
        struct histogram both = slot->claims;
        histogram_merge(&both, &slot->lookups);
        json_t *entry = json_object();
        put(entry, "at_s", json_real((double)i * slot_s));
        put(entry, "outcomes", outcomes_json(slot->outcomes, false));
        put_count(entry, "errors",
                  slot->outcomes[OUTCOME_ERROR] + slot->outcomes[OUTCOME_UNANSWERED]);
        put(entry, "p50_us", microseconds((double)histogram_percentile(&both, 0.5)));
        put(entry, "p99_us", microseconds((double)histogram_percentile(&both, 0.99)));
        put(entry, "p999_us", microseconds((double)histogram_percentile(&both, 0.999)));
        put(entry, "max_us", microseconds((double)both.max));
        put_count(entry, "within", slot->within);
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *audit_json(const struct audit_report *audit)
{
    static const char *const levels[] = {"none", "full", "totals", "none"};
    json_t *object = json_object();
    bool ran = audit->level == AUDIT_FULL || audit->level == AUDIT_TOTALS;
    put(object, "level", json_string(levels[audit->level]));
    put(object, "pass", ran ? json_boolean(audit->pass) : json_null());
    put_count(object, "campaigns", audit->campaigns);
    put_count(object, "stock", audit->stock);
    put_count(object, "issued", audit->issued);
    put_count(object, "issued_before", audit->issued_before);
    put_count(object, "acknowledged", audit->acknowledged);
    put_count(object, "unanswered", audit->unanswered);
    put_count(object, "oversold", audit->oversold);
    put_count(object, "twice", audit->twice);
    put(object, "lost", audit->lost_known ? json_integer((json_int_t)audit->lost) : json_null());
    put_count(object, "unexpected", audit->unexpected);
    put_count(object, "wrongly_refused", audit->wrongly_refused);
    put_count(object, "codes_twice", audit->codes_twice);
    put_count(object, "wrong_rows", audit->wrong_rows);
    put_count(object, "coupons_read", audit->coupons_read);
    put_count(object, "mismatches", audit->problem_count);
    json_t *problems = json_array();
    for (uint64_t i = 0; i < audit->problem_count && i < AUDIT_PROBLEMS_MAX; i++)
        json_array_append_new(problems, text_json(audit->problems[i]));
    put(object, "problems", problems);
    return object;
}

static void load_put(json_t *root, const struct result *result)
{
    const struct series_slot *total = &result->total;
    double seconds = result->seconds > 0 ? result->seconds : 1e-9;
    put(root, "started", json_string(result->started));
    put_count(root, "began_unix_ms", result->began_unix_ms);
    put(root, "interrupted", json_boolean(result->interrupted));
    put(root, "seconds", json_real(result->seconds));
    put_count(root, "answers", result_answers(result));
    put(root, "throughput_per_s", json_real((double)result_answers(result) / seconds));
    put(root, "claims_per_s", json_real((double)result_claims(result) / seconds));
    put(root, "ok_per_s", json_real((double)total->outcomes[OUTCOME_OK] / seconds));
    put(root, "outcomes", outcomes_json(total->outcomes, true));
    put(root, "other_refusals", words_json(&result->refusals));
    put(root, "errors", words_json(&result->errors));
    put_count(root, "error_answers", total->outcomes[OUTCOME_ERROR]);
    put_count(root, "unanswered", total->outcomes[OUTCOME_UNANSWERED]);
    put_count(root, "within", total->within);
    put_count(root, "given_up", result->given_up);
    struct histogram both = total->claims;
    histogram_merge(&both, &total->lookups);
    bool is_void = result->generator_bound;
    put(root, "latency_us", latency_json(&total->claims, is_void));
    put(root, "accepted_latency_us", latency_json(&result->accepted, is_void));
    put(root, "lookup_latency_us", latency_json(&total->lookups, is_void));
    put(root, "all_latency_us", latency_json(&both, is_void));
    json_t *generator = json_object();
    put(generator, "cpu_share", json_real(result->cpu_share));
    put(generator, "late_us_p99", microseconds((double)histogram_percentile(&result->late, 0.99)));
    put(generator, "late_us_max", microseconds((double)result->late.max));
    put(generator, "generator_bound", json_boolean(result->generator_bound));
    put_count(generator, "unsent", result->unsent);
    put_count(generator, "warmup_answers", result->warmup_answers);
    put_count(generator, "reconnects", result->reconnects);
    put_count(generator, "sent_again", result->resent);
    put_count(generator, "connections_lost", result->lanes_lost);
    put(root, "generator", generator);
}

static void verdict_put(json_t *root, const struct verdict_summary *verdict)
{
    json_t *object = json_object();
    put_count(object, "rows", verdict->rows);
    put_count(object, "members", verdict->members);
    put_count(object, "campaigns", verdict->campaigns);
    put_count(object, "expected_ok", verdict->expected_ok);
    put_count(object, "expected_refused", verdict->rows - verdict->expected_ok);
    put_count(object, "judged", verdict->answered);
    put_count(object, "wrong", verdict->wrong);
    put(root, "file", object);
}

bool report_json(const char *path, const struct result *result, struct failure *failure)
{
    const struct options *options = result->options;
    json_t *root = json_object();
    json_t *settings = json_object();
    put(root, "tool", json_string("boon-load"));
    put(root, "mode", json_string(options_mode_name(options->mode)));
    put(root, "peer", json_string(options->peer == PEER_REDIS_LUA ? "redis-lua" : "boon"));
    put(root, "server", text_json(result->server));
    options_each(options, setting_put, settings);
    put(root, "settings", settings);
    bool loaded = result->series.slots != NULL;
    if (loaded)
        load_put(root, result);
    if (result->verdict.present)
        verdict_put(root, &result->verdict);
    put(root, "audit", audit_json(&result->audit));
    if (loaded) {
        put(root, "slot_s", json_real((double)result->series.slot_ns / 1e9));
        put(root, "series", series_json(result));
    }
    int failed = json_dump_file(root, path, JSON_INDENT(1) | JSON_REAL_PRECISION(10));
    json_decref(root);
    if (failed)
        return failure_set(failure, "cannot write %s: %s", path, strerror(errno));
    return true;
}
