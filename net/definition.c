/* definition.c -- guard, parse, check every member, compile. */
#include "net/definition.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

#include "engine/bug.h"
#include "net/rfc3339.h"
#include "net/suggest.h"
#include "net/utf8.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* One checking of a document. */
struct check {
    struct definition_mistakes *mistakes;
    char pointer[sizeof(((struct definition_mistake *)0)->pointer)]; /* of the object looked at */
};

static const char *const campaign_members[] = {"name",     "stock",   "per_member",
                                               "opens_at", "ends_at", "value"};

/* What one kind of value is made of. */
static const struct value_shape {
    const char *kind;
    enum value_kind value;
    const char *members[4]; /* "kind" first */
    size_t members_count;
} value_shapes[] = {
    {"amount_off", VALUE_AMOUNT_OFF, {"kind", "amount", "minimum"}, 3},
    {"percent_off", VALUE_PERCENT_OFF, {"kind", "percent", "minimum", "maximum"}, 4},
    {"exchange", VALUE_EXCHANGE, {"kind", "price"}, 2},
};

/* ---- mistakes ---- */

/* Add `/` and a member's name, escaped, to a pointer; a long one ends at a whole character. */
static void add_member(char *pointer, size_t size, const char *member)
{
    size_t length = strlen(pointer);

    if (length + 1 < size) {
        pointer[length++] = '/';
    }
    while (*member != '\0') {
        char piece[8] = {*member++};
        size_t piece_length = 1;
        if (piece[0] == '~' || piece[0] == '/') {
            piece[1] = piece[0] == '~' ? '0' : '1';
            piece[0] = '~';
            piece_length = 2;
        }
        while (((unsigned char)*member & 0xc0) == 0x80) { /* the parser has checked the UTF-8 */
            piece[piece_length++] = *member++;
        }
        if (length + piece_length >= size) {
            break;
        }
        memcpy(pointer + length, piece, piece_length);
        length += piece_length;
    }
    pointer[length] = '\0';
}

static void mistake(struct check *check, const char *member, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Note a mistake about `member` of the object looked at, or, with NULL, about that object. */
static void mistake(struct check *check, const char *member, const char *format, ...)
{
    struct definition_mistakes *mistakes = check->mistakes;
    va_list arguments;

    if (mistakes->count == DEFINITION_MISTAKES_MAX) {
        mistakes->omitted++;
        return;
    }
    struct definition_mistake *made = &mistakes->list[mistakes->count++];
    memcpy(made->pointer, check->pointer, sizeof made->pointer);
    if (member != NULL) {
        add_member(made->pointer, sizeof made->pointer, member);
    }
    va_start(arguments, format);
    vsnprintf(made->message, sizeof made->message, format, arguments);
    va_end(arguments);
}

/* Note every member that `allowed` does not have. */
static void check_members(struct check *check, json_t *object, const char *const *allowed,
                          size_t count)
{
    const char *key;
    json_t *unused;

    json_object_foreach(object, key, unused)
    {
        bool known = false;
        for (size_t i = 0; i < count; i++) {
            known = known || strcmp(key, allowed[i]) == 0;
        }
        const char *nearest = known ? NULL : suggest_nearest(text_of(key), allowed, count);
        if (nearest != NULL) {
            mistake(check, key, "there is no such member; did you mean %s?", nearest);
        } else if (!known) {
            mistake(check, key, "there is no such member");
        }
    }
}

/* ---- members ---- */

/* A whole number and what it counts. */
struct range {
    const char *unit;
    int64_t min;
    int64_t max;
};

static const struct range coupons = {"coupons", 1, (int64_t)CAMPAIGN_STOCK_MAX};
static const struct range coupons_per_member = {"coupons", 1, CAMPAIGN_PER_MEMBER_MAX};
static const struct range fen = {"fen", 1, FEN_MAX};
static const struct range fen_or_none = {"fen", 0, FEN_MAX};
static const struct range percent = {"percent", 1, 99};

/* Read a whole number; NULL for `fallback` means that it is required. Return 0 after a mistake. */
static int64_t take_number(struct check *check, const json_t *object, const char *member,
                           const struct range *range, const int64_t *fallback)
{
    const json_t *number = json_object_get(object, member);
    const char *wrong = NULL;

    if (number == NULL && fallback != NULL) {
        return *fallback;
    }
    if (number == NULL) {
        wrong = "is missing: ";
    } else if (json_is_real(number)) {
        wrong = "has a fraction or an exponent: ";
    } else if (!json_is_integer(number)) {
        wrong = "is not a number: ";
    } else if (json_integer_value(number) < range->min || json_integer_value(number) > range->max) {
        wrong = "";
    }
    if (wrong != NULL) {
        mistake(check, member, "%sa whole number of %s, %lld to %lld", wrong, range->unit,
                (long long)range->min, (long long)range->max);
        return 0;
    }
    return (int64_t)json_integer_value(number);
}

/* Read a moment; return 0 when it is left out or mistaken. */
static int64_t take_moment(struct check *check, const json_t *object, const char *member)
{
    const json_t *moment = json_object_get(object, member);
    const char *reason = "a text such as 2026-11-11T00:00:00+08:00, or left out";
    int64_t ms = 0;

    if (moment == NULL) {
        return 0;
    }
    if (!json_is_string(moment) ||
        !rfc3339_parse(
            (struct text){json_string_value(moment), (uint32_t)json_string_length(moment)}, &ms,
            &reason)) {
        mistake(check, member, "%s", reason);
        return 0;
    }
    return ms;
}

static struct text take_name(struct check *check, const json_t *object)
{
    const json_t *name = json_object_get(object, "name");
    struct text text = {json_string_value(name), (uint32_t)json_string_length(name)};
    const char *wrong = name == NULL            ? "is missing: "
                        : !json_is_string(name) ? "is not text: "
                                                : NULL;

    if (wrong == NULL && (text.length == 0 || text.length > CAMPAIGN_NAME_BYTES_MAX)) {
        wrong = "";
    }
    if (wrong == NULL && !utf8_is_clean(text)) { /* the parser has checked that it is UTF-8 */
        wrong = "holds a control character: ";
    }
    if (wrong != NULL) {
        mistake(check, "name", "%s1 to %u bytes of UTF-8 without control characters", wrong,
                CAMPAIGN_NAME_BYTES_MAX);
        return TEXT("");
    }
    return text;
}

static const struct value_shape *take_shape(struct check *check, const json_t *object)
{
    const json_t *kind = json_object_get(object, "kind");
    const char *names[COUNT_OF(value_shapes)];
    const char *nearest = NULL;

    for (size_t i = 0; i < COUNT_OF(value_shapes); i++) {
        names[i] = value_shapes[i].kind;
        if (json_is_string(kind) && strcmp(json_string_value(kind), names[i]) == 0) {
            return &value_shapes[i];
        }
    }
    if (json_is_string(kind)) {
        nearest = suggest_nearest(text_of(json_string_value(kind)), names, COUNT_OF(names));
    }
    mistake(check, "kind", "%sone of amount_off, percent_off, exchange%s%s%s",
            kind == NULL ? "is missing: " : "", nearest == NULL ? "" : "; did you mean ",
            nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
    return NULL;
}

static void take_value(struct check *check, json_t *root, struct campaign_value *value)
{
    static const int64_t none = 0;
    json_t *object = json_object_get(root, "value");

    if (!json_is_object(object)) {
        mistake(check, "value",
                "%san object with a kind, such as {\"kind\": \"amount_off\", "
                "\"amount\": 2000}",
                object == NULL ? "is missing: " : "");
        return;
    }
    add_member(check->pointer, sizeof check->pointer, "value");
    const struct value_shape *shape = take_shape(check, object);
    if (shape != NULL) {
        value->kind = shape->value;
        switch (shape->value) {
        case VALUE_AMOUNT_OFF:
            value->amount_fen = take_number(check, object, "amount", &fen, NULL);
            value->minimum_fen = take_number(check, object, "minimum", &fen_or_none, &none);
            break;
        case VALUE_PERCENT_OFF:
            value->percent = (uint32_t)take_number(check, object, "percent", &percent, NULL);
            value->minimum_fen = take_number(check, object, "minimum", &fen_or_none, &none);
            value->maximum_fen = take_number(check, object, "maximum", &fen_or_none, &none);
            break;
        case VALUE_EXCHANGE:
            value->amount_fen = take_number(check, object, "price", &fen_or_none, NULL);
            break;
        }
        check_members(check, object, shape->members, shape->members_count);
    }
    check->pointer[0] = '\0';
}

static void take_campaign(struct check *check, json_t *root, struct campaign_definition *campaign)
{
    static const int64_t one = 1;

    if (!json_is_object(root)) {
        mistake(check, NULL,
                "the document is an object: {\"name\": ..., \"stock\": ..., \"value\": ...}");
        return;
    }
    campaign->name = take_name(check, root);
    campaign->stock = (uint64_t)take_number(check, root, "stock", &coupons, NULL);
    campaign->per_member = (uint32_t)take_number(check, root, "per_member", &coupons_per_member,
                                                 &one);
    campaign->opens_at_ms = take_moment(check, root, "opens_at");
    campaign->ends_at_ms = take_moment(check, root, "ends_at");
    if (campaign->ends_at_ms != 0 && campaign->ends_at_ms <= campaign->opens_at_ms) {
        mistake(check, "ends_at", "later than opens_at");
    }
    take_value(check, root, &campaign->value);
    check_members(check, root, campaign_members, COUNT_OF(campaign_members));
}

/* ---- the text ---- */

/* Tell whether brackets outside of strings are nested too deep for a document of ours. */
static bool is_too_deep(struct text document)
{
    bool in_string = false;
    int depth = 0;

    for (uint32_t i = 0; i < document.length; i++) {
        char byte = document.data[i];
        if (in_string) {
            i += byte == '\\' ? 1 : 0;
            in_string = byte != '"';
        } else if (byte == '"') {
            in_string = true;
        } else if (byte == '{' || byte == '[') {
            if (++depth > DEFINITION_DEPTH_MAX) {
                return true;
            }
        } else if (byte == '}' || byte == ']') {
            depth--;
        }
    }
    return false;
}

static const char *parse_reason(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_invalid_utf8:
        return "not UTF-8";
    case json_error_premature_end_of_input:
        return "the document ends too early";
    case json_error_end_of_input_expected:
        return "something follows the document's end";
    case json_error_duplicate_key:
        return "a member is given twice";
    case json_error_numeric_overflow:
        return "the number is too large";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a NUL character is not allowed";
    case json_error_out_of_memory:
        return "there is no memory left to read it";
    default:
        return "not JSON";
    }
}

static json_t *parse(struct check *check, struct text document)
{
    json_error_t error;

    if (document.length > CAMPAIGN_DOCUMENT_BYTES_MAX) {
        mistake(check, NULL, "the document has at most %u bytes", CAMPAIGN_DOCUMENT_BYTES_MAX);
        return NULL;
    }
    if (is_too_deep(document)) {
        mistake(check, NULL, "the document is nested at most %d levels deep", DEFINITION_DEPTH_MAX);
        return NULL;
    }
    const char *bytes = document.length > 0 ? document.data : "";
    json_t *root = json_loadb(bytes, document.length, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        mistake(check, NULL, "line %d, column %d: %s", error.line, error.column,
                parse_reason(&error));
    }
    return root;
}

enum definition_status definition_compile(struct definition *definition, struct text document,
                                          struct definition_mistakes *mistakes)
{
    struct check check = {.mistakes = mistakes};

    ASSERT(definition != NULL);
    ASSERT(mistakes != NULL);
    memset(definition, 0, sizeof *definition);
    mistakes->count = 0;
    mistakes->omitted = 0;
    definition->root = parse(&check, document);
    if (definition->root != NULL) {
        take_campaign(&check, definition->root, &definition->campaign);
        definition->campaign.source = document;
    }
    if (mistakes->count > 0) {
        definition_deinit(definition);
        return DEFINITION_INVALID;
    }
    ASSERT(definition->campaign.stock > 0);
    ASSERT(definition->campaign.value.kind != 0);
    return DEFINITION_OK;
}

void definition_deinit(struct definition *definition)
{
    json_decref(definition->root);
    memset(definition, 0, sizeof *definition);
}
