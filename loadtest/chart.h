/* chart.h -- a plot area in SVG: scales, grid, axis labels. What is drawn in it is plots.c's.
 *
 * Colours are CSS classes, so that the page's light and dark themes apply to plots as well. */
#ifndef LOADTEST_CHART_H
#define LOADTEST_CHART_H

#include <stdbool.h>
#include <stdio.h>

struct scale {
    double low, high; /* values at the two ends, low < high; above 0 when logarithmic */
    bool logarithmic;
    double from, to; /* their places on the canvas */
};

struct chart {
    FILE *out;
    struct scale x, y;
};

/* Writes a value as an axis label. */
typedef void chart_label(double value, char out[static 32]);

#define CHART_WIDTH 960
#define CHART_HEIGHT 300
#define CHART_TICKS_MAX 16

/* Begin an SVG with those scales (their places are filled in here), a name for screen readers, the
 * grid and both axes. */
void chart_begin(struct chart *chart, FILE *out, const char *name, struct scale x, struct scale y,
                 chart_label *label_x, chart_label *label_y);
void chart_end(struct chart *chart);

/* Return a value's place; values outside are moved to the edge. */
double chart_x(const struct chart *chart, double value);
double chart_y(const struct chart *chart, double value);

/* Choose round values inside the scale; returns how many. */
int chart_ticks(const struct scale *scale, double ticks[static CHART_TICKS_MAX]);

/* Round up to a value with one digit or two, which makes a good upper end of an axis. */
double chart_round_up(double value);

/* Write text with &, <, > and quotes made harmless. */
void html_text(FILE *out, const char *text);

#endif
