/* plots.c -- rate over time, latency over time, latency distribution. */
#include "plots.h"

#include "chart.h"

#include <math.h>
#include <string.h>

/* Outcomes that share a colour are one band; bands in this order from the bottom. */
static const struct {
    const char *colour, *name;
} bands[] = {
    {"ok", "OK"},        {"lookup", "look-up OK"}, {"duplicate", "DUPLICATE"},
    {"limit", "LIMIT"},  {"soldout", "SOLD_OUT"},  {"other", "other refusals"},
    {"error", "errors"},
};
#define BANDS (sizeof bands / sizeof bands[0])
#define BINS_MAX 400

static void label_number(double value, char out[static 32])
{
    if (value >= 1e6)
        snprintf(out, 32, "%.3g M", value / 1e6);
    else if (value >= 1e4)
        snprintf(out, 32, "%.4g k", value / 1e3);
    else
        snprintf(out, 32, "%.4g", value);
}

static void label_seconds(double value, char out[static 32])
{
    snprintf(out, 32, "%.4g s", value);
}

static void label_share(double value, char out[static 32])
{
    snprintf(out, 32, "%.3g %%", value);
}

static void label_duration(double ns, char out[static 32])
{
    static const char *const units[] = {"ns", "µs", "ms", "s"};
    int unit = 0;
    for (; unit < 3 && ns >= 999.5; unit++)
        ns /= 1000;
    snprintf(out, 32, "%.3g %s", ns, units[unit]);
}

/* How many slots the plots show: a last one that the run hardly touched would look like a drop. */
static size_t slots_shown(const struct result *result)
{
    size_t used = result->series.used;
    double slot_s = (double)result->series.slot_ns / 1e9;
    if (used > 1 && result->seconds - (double)(used - 1) * slot_s < 0.3 * slot_s)
        used--;
    return used;
}

static double slot_length(const struct result *result, size_t slot)
{
    double slot_s = (double)result->series.slot_ns / 1e9;
    double left_s = result->seconds - (double)slot * slot_s;
    return left_s < slot_s && left_s > 0.1 * slot_s ? left_s : slot_s;
}

static void slot_bands(const struct result *result, size_t slot, double rates[static BANDS])
{
    double length_s = slot_length(result, slot);
    memset(rates, 0, BANDS * sizeof *rates);
    for (enum outcome o = 0; o < OUTCOME_COUNT; o++) {
        double rate = (double)result->series.slots[slot].outcomes[o] / length_s;
        for (size_t b = 0; b < BANDS; b++) {
            if (strcmp(bands[b].colour, outcome_colour(o)) == 0)
                rates[b] += rate;
        }
    }
}

static void legend_item(FILE *out, const char *colour, const char *name)
{
    fprintf(out, "<span><i class=\"%s\"></i>%s</span>", colour, name);
}

static struct scale scale_time(const struct result *result, size_t slots)
{
    double end_s = (double)(slots - 1) * (double)result->series.slot_ns / 1e9 +
                   slot_length(result, slots - 1);
    return (struct scale){.low = 0, .high = end_s};
}

/* One band as steps between the rates below it and with it. */
static void band_draw(const struct chart *chart, const struct result *result, size_t slots,
                      size_t band)
{
    double slot_s = (double)result->series.slot_ns / 1e9;
    double rates[BANDS];
    fprintf(chart->out, "<path class=\"area %s\" d=\"", bands[band].colour);
    for (int back = 0; back < 2; back++) {
        for (size_t i = 0; i < slots; i++) {
            size_t slot = back ? slots - 1 - i : i;
            double begin = (double)slot * slot_s, end = begin + slot_length(result, slot);
            double sum = 0;
            slot_bands(result, slot, rates);
            for (size_t b = 0; b < band + (back ? 0 : 1); b++)
                sum += rates[b];
            fprintf(chart->out, "%c%.1f %.1fL%.1f %.1f", i + (size_t)back ? 'L' : 'M',
                    chart_x(chart, back ? end : begin), chart_y(chart, sum),
                    chart_x(chart, back ? begin : end), chart_y(chart, sum));
        }
    }
    fputs("Z\"/>\n", chart->out);
}

/* An invisible column over each slot that shows the slot's figures when pointed at. */
static void slot_hover(const struct chart *chart, const struct result *result, size_t slot,
                       const char *figures)
{
    double begin = (double)slot * (double)result->series.slot_ns / 1e9;
    double left = chart_x(chart, begin);
    double right = chart_x(chart, begin + slot_length(result, slot));
    fprintf(chart->out,
            "<rect class=\"hover\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
            "<title>at %.4g s\n%s</title></rect>\n",
            left, chart->y.to, right - left, chart->y.from - chart->y.to, begin, figures);
}

void plot_rate(FILE *out, const struct result *result)
{
    size_t slots = slots_shown(result);
    double rates[BANDS], seen[BANDS] = {0}, highest = 0;
    if (slots == 0)
        return;
    for (size_t i = 0; i < slots; i++) {
        double sum = 0;
        slot_bands(result, i, rates);
        for (size_t b = 0; b < BANDS; b++) {
            sum += rates[b];
            seen[b] += rates[b];
        }
        highest = sum > highest ? sum : highest;
    }
    fputs("<section><h2>Answers a second</h2><p class=\"legend\">", out);
    for (size_t b = 0; b < BANDS; b++) {
        if (seen[b] > 0)
            legend_item(out, bands[b].colour, bands[b].name);
    }
    fputs("</p>\n", out);
    struct chart chart;
    struct scale y = {.low = 0, .high = chart_round_up(highest * 1.02)};
    chart_begin(&chart, out, "Answers a second over time, stacked by outcome",
                scale_time(result, slots), y, label_seconds, label_number);
    for (size_t b = 0; b < BANDS; b++) {
        if (seen[b] > 0)
            band_draw(&chart, result, slots, b);
    }
    for (size_t i = 0; i < slots; i++) {
        char figures[512], number[GROUPED_BYTES];
        size_t used = 0;
        figures[0] = '\0';
        slot_bands(result, i, rates);
        for (size_t b = 0; b < BANDS && used < sizeof figures; b++) {
            if (rates[b] > 0)
                used += (size_t)snprintf(figures + used, sizeof figures - used, "%s %s/s\n",
                                         bands[b].name, grouped((uint64_t)rates[b], number));
        }
        slot_hover(&chart, result, i, figures);
    }
    chart_end(&chart);
    fputs("</section>\n", out);
}

/* The latencies shown over time. */
static const struct {
    const char *colour, *name;
    double share;
} lines[] = {
    {"p50", "p50", 0.5}, {"p99", "p99", 0.99}, {"p999", "p99.9", 0.999}, {"max", "max", 1}};
#define LINES (sizeof lines / sizeof lines[0])

static void slot_latency(const struct result *result, size_t slot, struct histogram *both)
{
    *both = result->series.slots[slot].claims;
    histogram_merge(both, &result->series.slots[slot].lookups);
}

static void line_draw(const struct chart *chart, const struct result *result, size_t slots,
                      size_t line)
{
    static struct histogram both; /* 19 KB: only the main thread reports */
    double slot_s = (double)result->series.slot_ns / 1e9;
    bool drawn = false;
    fprintf(chart->out, "<path class=\"line %s\" d=\"", lines[line].colour);
    for (size_t i = 0; i < slots; i++) {
        slot_latency(result, i, &both);
        if (both.count == 0) {
            drawn = false;
            continue;
        }
        double middle = (double)i * slot_s + slot_length(result, i) / 2;
        double at = (double)histogram_percentile(&both, lines[line].share);
        fprintf(chart->out, "%c%.1f %.1f", drawn ? 'L' : 'M', chart_x(chart, middle),
                chart_y(chart, at));
        if (!drawn) /* a lone point is a dot of the line's width */
            fprintf(chart->out, "h0.1");
        drawn = true;
    }
    fputs("\"/>\n", chart->out);
}

/* Choose a logarithmic axis around two times, at 1, 2 or 5 of a decade. */
static struct scale scale_latency(double low, double high)
{
    low = low < 1 ? 1 : low;
    double power = pow(10, floor(log10(low)));
    double start = low >= 5 * power ? 5 * power : low >= 2 * power ? 2 * power : power;
    high = high < 2 * start ? 2 * start : high;
    power = pow(10, floor(log10(high)));
    double end = high <= power       ? power
                 : high <= 2 * power ? 2 * power
                 : high <= 5 * power ? 5 * power
                                     : 10 * power;
    return (struct scale){.low = start, .high = end, .logarithmic = true};
}

void plot_latency(FILE *out, const struct result *result)
{
    static struct histogram both;
    size_t slots = slots_shown(result);
    double low = 0, high = 0;
    for (size_t i = 0; i < slots; i++) {
        slot_latency(result, i, &both);
        double middle = (double)histogram_percentile(&both, 0.5);
        if (both.count && (low == 0 || middle < low))
            low = middle;
        if ((double)both.max > high)
            high = (double)both.max;
    }
    if (high <= 0)
        return;
    fputs("<section><h2>Latency over time</h2><p class=\"legend\">", out);
    for (size_t i = 0; i < LINES; i++)
        legend_item(out, lines[i].colour, lines[i].name);
    fputs("</p>\n", out);
    struct chart chart;
    chart_begin(&chart, out, "Latency percentiles over time", scale_time(result, slots),
                scale_latency(low * 0.9, high), label_seconds, label_duration);
    for (size_t i = LINES; i-- > 0;)
        line_draw(&chart, result, slots, i);
    for (size_t i = 0; i < slots; i++) {
        char figures[256], text[4][GROUPED_BYTES];
        slot_latency(result, i, &both);
        if (both.count == 0)
            continue;
        for (size_t l = 0; l < LINES; l++)
            duration((double)histogram_percentile(&both, lines[l].share), text[l]);
        snprintf(figures, sizeof figures, "p50 %s\np99 %s\np99.9 %s\nmax %s", text[0], text[1],
                 text[2], text[3]);
        slot_hover(&chart, result, i, figures);
    }
    chart_end(&chart);
    fputs("</section>\n", out);
}

/* Bins of equal width on a logarithmic axis. */
struct bins {
    double low, ratio; /* bin i spans low * ratio^i … low * ratio^(i+1) */
    size_t count;
    double shares[BINS_MAX]; /* in percent */
};

/* Spread the histogram's buckets over the bins they overlap. */
static void bins_fill(struct bins *bins, const struct histogram *histogram)
{
    memset(bins->shares, 0, sizeof bins->shares);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (!histogram->buckets[i])
            continue;
        double share = 100.0 * (double)histogram->buckets[i] / (double)histogram->count;
        double middle = ((double)histogram_edge(i) + (double)histogram_edge(i + 1)) / 2;
        double at = log(middle / bins->low) / log(bins->ratio);
        size_t bin = at <= 0 ? 0 : (size_t)at;
        bins->shares[bin < bins->count ? bin : bins->count - 1] += share;
    }
}

static void bins_draw(const struct chart *chart, const struct bins *bins, const char *colour)
{
    fprintf(chart->out, "<path class=\"area outlined %s\" d=\"M%.1f %.1f", colour, chart->x.from,
            chart->y.from);
    double left = bins->low;
    for (size_t i = 0; i < bins->count; i++) {
        double at = chart_y(chart, bins->shares[i]);
        fprintf(chart->out, "L%.1f %.1fL%.1f %.1f", chart_x(chart, left), at,
                chart_x(chart, left * bins->ratio), at);
        left *= bins->ratio;
    }
    fprintf(chart->out, "L%.1f %.1fZ\"/>\n", chart->x.to, chart->y.from);
}

/* A dashed line at a percentile of all answers, with its name in that row from the top. */
static void mark_draw(const struct chart *chart, const struct histogram *both, double share,
                      const char *name, int row)
{
    double at = chart_x(chart, (double)histogram_percentile(both, share));
    bool left = at > chart->x.to - 60;
    fprintf(chart->out,
            "<line class=\"mark\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
            at, at, chart->y.from, chart->y.to, at + (left ? -4 : 4), chart->y.to + 10 + 14 * row,
            left ? "end" : "start", name);
}

void plot_distribution(FILE *out, const struct result *result)
{
    static struct bins bins;
    static struct histogram both;
    const struct histogram *kinds[] = {&result->total.claims, &result->total.lookups};
    static const char *const names[] = {"claims", "look-ups"};
    static const char *const colours[] = {"ok", "lookup"};
    both = result->total.claims;
    histogram_merge(&both, &result->total.lookups);
    if (both.count == 0)
        return;
    struct scale x = scale_latency((double)both.min, (double)both.max);
    bins.low = x.low;
    bins.ratio = pow(10, 1.0 / 40);
    double bin_count = ceil(log(x.high / x.low) / log(bins.ratio));
    bins.count = bin_count < BINS_MAX ? (size_t)bin_count : BINS_MAX;
    double highest = 0;
    fputs("<section><h2>Latency distribution</h2><p class=\"legend\">", out);
    for (size_t k = 0; k < 2; k++) {
        if (kinds[k]->count == 0)
            continue;
        legend_item(out, colours[k], names[k]);
        bins_fill(&bins, kinds[k]);
        for (size_t i = 0; i < bins.count; i++)
            highest = bins.shares[i] > highest ? bins.shares[i] : highest;
    }
    fputs("<em>share of the answers in each 6 % step of latency</em></p>\n", out);
    struct chart chart;
    struct scale y = {.low = 0, .high = chart_round_up(highest * 1.05)};
    chart_begin(&chart, out, "Latency distribution", x, y, label_duration, label_share);
    for (size_t k = 2; k-- > 0;) {
        if (kinds[k]->count == 0)
            continue;
        bins_fill(&bins, kinds[k]);
        bins_draw(&chart, &bins, colours[k]);
    }
    mark_draw(&chart, &both, 0.5, "p50", 0);
    mark_draw(&chart, &both, 0.99, "p99", 1);
    mark_draw(&chart, &both, 0.999, "p99.9", 2);
    chart_end(&chart);
    fputs("</section>\n", out);
}
