/* chart.c -- scales, ticks and axes. */
#include "chart.h"

#include <math.h>

static const double margin_left = 64, margin_right = 28, margin_top = 12, margin_bottom = 30;

void html_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            if ((unsigned char)*text >= 0x20)
                fputc(*text, out);
        }
    }
}

static double scale_at(const struct scale *scale, double value)
{
    if (value < scale->low)
        value = scale->low;
    if (value > scale->high)
        value = scale->high;
    double share = scale->logarithmic ? log(value / scale->low) / log(scale->high / scale->low)
                                      : (value - scale->low) / (scale->high - scale->low);
    return scale->from + share * (scale->to - scale->from);
}

double chart_x(const struct chart *chart, double value)
{
    return scale_at(&chart->x, value);
}

double chart_y(const struct chart *chart, double value)
{
    return scale_at(&chart->y, value);
}

/* Return the first of the steps, times a power of ten, that is not below the value. */
static double step_up(double value, const double *steps, int count)
{
    if (value <= 0)
        return 1;
    double power = pow(10, floor(log10(value)));
    for (int i = 0; i < count; i++) {
        if (steps[i] * power >= value * 0.999999)
            return steps[i] * power;
    }
    return 10 * power;
}

double chart_round_up(double value)
{
    static const double steps[] = {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8};
    return step_up(value, steps, 9);
}

/* Ticks 1, 2 and 5 of every decade, or only 1 when there are many decades. */
static int ticks_logarithmic(const struct scale *scale, double ticks[static CHART_TICKS_MAX])
{
    static const double within[] = {1, 2, 5};
    double decades = log10(scale->high / scale->low);
    int per_decade = decades <= 3 ? 3 : 1;
    int count = 0;
    double power = pow(10, floor(log10(scale->low)));
    for (; power <= scale->high; power *= 10) {
        for (int i = 0; i < per_decade && count < CHART_TICKS_MAX; i++) {
            double tick = within[i] * power;
            if (tick >= scale->low * 0.999 && tick <= scale->high * 1.001)
                ticks[count++] = tick;
        }
    }
    return count;
}

int chart_ticks(const struct scale *scale, double ticks[static CHART_TICKS_MAX])
{
    if (scale->logarithmic)
        return ticks_logarithmic(scale, ticks);
    static const double steps[] = {1, 2, 2.5, 5};
    double step = step_up((scale->high - scale->low) / 8, steps, 4);
    int count = 0;
    double first = ceil(scale->low / step - 1e-9);
    for (int i = 0; i < CHART_TICKS_MAX; i++) {
        double tick = (first + i) * step;
        if (tick > scale->high + step * 1e-6)
            break;
        ticks[count++] = tick;
    }
    return count;
}

void chart_begin(struct chart *chart, FILE *out, const char *name, struct scale x, struct scale y,
                 chart_label *label_x, chart_label *label_y)
{
    double ticks[CHART_TICKS_MAX];
    char label[32];
    *chart = (struct chart){out, x, y};
    chart->x.from = margin_left;
    chart->x.to = CHART_WIDTH - margin_right;
    chart->y.from = CHART_HEIGHT - margin_bottom;
    chart->y.to = margin_top;
    fprintf(out, "<div class=\"scroll\"><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"",
            CHART_WIDTH, CHART_HEIGHT);
    html_text(out, name);
    fputs("\">\n", out);
    int count = chart_ticks(&chart->y, ticks);
    for (int i = 0; i < count; i++) {
        double at = chart_y(chart, ticks[i]);
        label_y(ticks[i], label);
        fprintf(out,
                "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                chart->x.from, chart->x.to, at, at, chart->x.from - 8, at + 4, label);
    }
    count = chart_ticks(&chart->x, ticks);
    for (int i = 0; i < count; i++) {
        double at = chart_x(chart, ticks[i]);
        label_x(ticks[i], label);
        fprintf(out,
                "<line class=\"tick\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
                at, at, chart->y.from, chart->y.from + 4, at, chart->y.from + 18, label);
    }
    fprintf(out, "<line class=\"axis\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
            chart->x.from, chart->x.to, chart->y.from, chart->y.from);
}

void chart_end(struct chart *chart)
{
    fputs("</svg></div>\n", chart->out);
}
