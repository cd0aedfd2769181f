/* openapi_components.c -- what the document's operations share: schemas, parameters, headers, responses. */
#include <string.h>

#include "engine/definition.h"
#include "engine/limits.h"
#include "net/api.h"
#include "net/definition.h"
#include "net/openapi.h"

static void put_text(struct json_out *out, const char *key, const char *text)
{
    json_key(out, key);
    json_text(out, text_of(text));
}

/* ---- schemas ---- */

/* A schema whose name and meaning come first and whose rest is a fragment. */
static void begin_schema(struct json_out *out, const char *name, const char *description)
{
    json_key(out, name);
    json_begin(out, '{');
    put_text(out, "description", description);
}

static void put_text_schemas(struct json_out *out)
{
    begin_schema(out, "Id",
                 "1 to 64 bytes of UTF-8 without control characters, not beginning with @. In a "
                 "path it is percent-encoded.");
    openapi_put(out, "'type': 'string', 'minLength': 1, 'maxLength': %u", ID_BYTES_MAX);
    put_text(out, "pattern",
             "^[^@\\u0000-\\u001F\\u007F-\\u009F][^\\u0000-\\u001F\\u007F-\\u009F]*$");
    json_end(out, '}');
    begin_schema(out, "CouponCode",
                 "20 characters of Crockford's base 32, shown in groups of four; hyphens and case "
                 "are read as they come");
    openapi_put(out, "'type': 'string', 'minLength': 1, 'maxLength': %u}", ID_BYTES_MAX);
    begin_schema(out, "Time", "RFC 3339 in UTC, with milliseconds");
    openapi_put(out, "'type': 'string', 'format': 'date-time'}");
    begin_schema(out, "TimeOrNull", "RFC 3339 in UTC, with milliseconds; null where there is none");
    openapi_put(out, "'type': ['string', 'null'], 'format': 'date-time'}");
    begin_schema(out, "CampaignState", "draft until it is started; stopped for good");
    openapi_put(out, "'type': 'string', 'enum': ['draft', 'running', 'paused', 'stopped']}");
    begin_schema(out, "CouponState", "where a coupon is in its life; more states may be added");
    openapi_put(out, "'type': 'string', 'enum': ['issued']}");
    begin_schema(out, "Role",
                 "read: look at anything; issue: claim and earn; redeem: spend; "
                 "admin: define, start, stop, and the server itself");
    openapi_put(out, "'type': 'string', 'enum': ['read', 'issue', 'redeem', 'admin']}");
}

static void put_number_schemas(struct json_out *out)
{
    begin_schema(out, "Count", "a number of coupons");
    openapi_put(out, "'type': 'integer', 'format': 'int64', 'minimum': 0, 'maximum': %llu}",
                CAMPAIGN_STOCK_MAX);
    begin_schema(out, "Amount", "one movement of an account; of money, in fen");
    openapi_put(out, "'type': 'integer', 'format': 'int64', 'minimum': 1, 'maximum': %lld}",
                AMOUNT_MAX);
    begin_schema(out, "BalanceAmount", "what an account holds; of money, in fen");
    openapi_put(out, "'type': 'integer', 'format': 'int64', 'minimum': 0, 'maximum': %lld}",
                BALANCE_MAX);
    begin_schema(out, "TimeMs", "milliseconds since 1970");
    openapi_put(out, "'type': 'integer', 'format': 'int64', 'minimum': 0, 'maximum': %lld}",
                TIME_MS_MAX);
}

/* The document of net/definition.h, with its limits. */
static void put_definition_schema(struct json_out *out)
{
    begin_schema(out, "CampaignDefinition",
                 "What a campaign promises. A member that is not listed is a mistake; all mistakes "
                 "are told at once, each with its JSON pointer.");
    openapi_put(out, "'type': 'object', 'additionalProperties': false,"
                     "'required': ['name', 'stock', 'value'], 'properties': {");
    openapi_put(out,
                "'name': {'type': 'string', 'minLength': 1, 'maxLength': %u,"
                "'description': 'for people'}",
                CAMPAIGN_NAME_BYTES_MAX);
    openapi_put(out,
                "'stock': {'type': 'integer', 'format': 'int64', 'minimum': 1,"
                "'maximum': %llu, 'description': 'coupons it may issue in all'}",
                CAMPAIGN_STOCK_MAX);
    openapi_put(out,
                "'per_member': {'type': 'integer', 'minimum': 1, 'maximum': %u, 'default': 1,"
                "'description': 'coupons one member may have'}",
                CAMPAIGN_PER_MEMBER_MAX);
    openapi_put(out,
                "'opens_at': {'type': 'string', 'format': 'date-time',"
                "'description': 'RFC 3339 with its offset; as soon as it runs, unless given'}");
    openapi_put(out, "'ends_at': {'type': 'string', 'format': 'date-time',"
                     "'description': 'the first moment at which it is over; never, unless given'}");
    openapi_put(out, "'value': {'$ref': '#/components/schemas/CampaignValue'}");
    openapi_put(out, "}}");
}

static void put_value_schemas(struct json_out *out)
{
    begin_schema(out, "CampaignValue", "What a coupon is worth, in fen");
    openapi_put(out, "'oneOf': [{'$ref': '#/components/schemas/AmountOff'},"
                     "{'$ref': '#/components/schemas/PercentOff'},"
                     "{'$ref': '#/components/schemas/Exchange'}],"
                     "'discriminator': {'propertyName': 'kind', 'mapping': {"
                     "'amount_off': '#/components/schemas/AmountOff',"
                     "'percent_off': '#/components/schemas/PercentOff',"
                     "'exchange': '#/components/schemas/Exchange'}}}");
    begin_schema(out, "AmountOff", "So much off a basket of at least `minimum`");
    openapi_put(out,
                "'type': 'object', 'additionalProperties': false, 'required': ['kind', 'amount'],"
                "'properties': {'kind': {'const': 'amount_off'},"
                "'amount': {'type': 'integer', 'format': 'int64', 'minimum': 1, 'maximum': %lld},"
                "'minimum': {'type': 'integer', 'format': 'int64', 'minimum': 0, 'maximum': %lld,"
                "'default': 0}}}",
                FEN_MAX, FEN_MAX);
    begin_schema(out, "PercentOff",
                 "So many percent off a basket of at least `minimum`, but at "
                 "most `maximum`; 0 is no cap");
    openapi_put(out,
                "'type': 'object', 'additionalProperties': false, 'required': ['kind', 'percent'],"
                "'properties': {'kind': {'const': 'percent_off'},"
                "'percent': {'type': 'integer', 'minimum': 1, 'maximum': 99},"
                "'minimum': {'type': 'integer', 'format': 'int64', 'minimum': 0, 'maximum': %lld,"
                "'default': 0},"
                "'maximum': {'type': 'integer', 'format': 'int64', 'minimum': 0, 'maximum': %lld,"
                "'default': 0}}}",
                FEN_MAX, FEN_MAX);
    begin_schema(out, "Exchange", "Exchanged for goods at this price; 0 is free");
    openapi_put(out,
                "'type': 'object', 'additionalProperties': false, 'required': ['kind', 'price'],"
                "'properties': {'kind': {'const': 'exchange'},"
                "'price': {'type': 'integer', 'format': 'int64', 'minimum': 0, 'maximum': %lld}}}",
                FEN_MAX);
}

/* Names of the schemas that a field may refer to. */
static const char *const schema_of[] = {
    [API_ID] = "Id",
    [API_CODE] = "CouponCode",
    [API_COUNT] = "Count",
    [API_AMOUNT] = "Amount",
    [API_BALANCE] = "BalanceAmount",
    [API_TIME] = "Time",
    [API_TIME_OR_NULL] = "TimeOrNull",
    [API_TIME_MS] = "TimeMs",
    [API_CAMPAIGN_STATE] = "CampaignState",
    [API_COUPON_STATE] = "CouponState",
    [API_PROBLEM_CODE] = "ProblemCode",
    [API_DEFINITION] = "CampaignDefinition",
    [API_LIST] = NULL,
};

static void put_choices(struct json_out *out, const char *choices)
{
    openapi_put(out, "'type': 'string', 'enum': [");
    while (*choices != '\0') {
        uint32_t length = (uint32_t)strcspn(choices, "|");
        json_text(out, (struct text){choices, length});
        choices += length + (choices[length] == '|');
    }
    json_end(out, ']');
}

static void put_kind(struct json_out *out, const struct api_field *field)
{
    switch (field->kind) {
    case API_TEXT:
        openapi_put(out, "'type': 'string'");
        return;
    case API_SECRET:
        openapi_put(out, "'type': 'string', 'format': 'password', 'writeOnly': true");
        return;
    case API_FLAG:
        openapi_put(out, "'type': 'boolean'");
        return;
    case API_NATURAL:
        openapi_put(out, "'type': 'integer', 'format': 'int64', 'minimum': 0, 'maximum': %llu",
                    JSON_EXACT_MAX);
        return;
    case API_ID_OR_NULL:
    case API_TOKEN_OR_NULL:
        openapi_put(out, "'type': ['string', 'null']");
        return;
    case API_TEXTS:
        openapi_put(out, "'type': 'array', 'items': {'type': 'string'}");
        return;
    case API_TEXTS_OR_NULL:
        openapi_put(out, "'type': ['array', 'null'], 'items': {'type': 'string'}");
        return;
    case API_ROLES:
        openapi_put(out, "'type': 'array', 'items': {'$ref': '#/components/schemas/Role'}");
        return;
    case API_WORD:
        put_choices(out, field->of);
        return;
    case API_SHAPE:
        openapi_put(out, "'$ref': '#/components/schemas/%s'", field->of);
        return;
    case API_LIST:
        openapi_put(out, "'type': 'array', 'items': {'$ref': '#/components/schemas/%s'}",
                    field->of);
        return;
    default:
        openapi_put(out, "'$ref': '#/components/schemas/%s'", schema_of[field->kind]);
    }
}

static void put_shape(struct json_out *out, const struct api_shape *shape)
{
    begin_schema(out, shape->name, shape->meaning);
    put_text(out, "type", "object");
    json_key(out, "required");
    json_begin(out, '[');
    for (size_t at = 0; at < api_field_count; at++) {
        if (strcmp(api_fields[at].shape, shape->name) == 0 && api_fields[at].required) {
            json_text(out, text_of(api_fields[at].name));
        }
    }
    json_end(out, ']');
    json_key(out, "properties");
    json_begin(out, '{');
    for (size_t at = 0; at < api_field_count; at++) {
        const struct api_field *field = &api_fields[at];
        if (strcmp(field->shape, shape->name) == 0) {
            json_key(out, field->name);
            json_begin(out, '{');
            put_kind(out, field);
            put_text(out, "description", field->meaning);
            json_end(out, '}');
        }
    }
    json_end(out, '}');
    json_end(out, '}');
}

/* Every code that a problem may have: what HTTP itself may say no to, and all refusals. */
static void put_codes(struct json_out *out)
{
    struct api_cause causes[API_CAUSES_MAX];
    size_t count = api_causes(NULL, causes);
    begin_schema(out, "ProblemCode", "Why not. Codes are never renamed; more may be added.");
    openapi_put(out, "'type': 'string', 'enum': [");
    for (size_t at = 0; at < count; at++) {
        json_text(out, text_of(causes[at].code));
    }
    openapi_put(out, "]}");
}

static void put_schemas(struct json_out *out)
{
    json_key(out, "schemas");
    json_begin(out, '{');
    put_text_schemas(out);
    put_number_schemas(out);
    put_definition_schema(out);
    put_value_schemas(out);
    put_codes(out);
    for (size_t at = 0; at < api_shape_count; at++) {
        put_shape(out, &api_shapes[at]);
    }
    json_end(out, '}');
}

/* ---- the rest ---- */

/* What no command asks for is not described either. */
static bool asks_for_reason(void)
{
    for (uint32_t at = 0; at < command_spec_count; at++) {
        for (uint32_t number = 0; number < command_specs[at].argument_count; number++) {
            if (command_specs[at].method == COMMAND_METHOD_PUT &&
                strcmp(command_specs[at].arguments[number].field, "reason") == 0) {
                return true;
            }
        }
    }
    return false;
}

static void put_shared_parameters(struct json_out *out)
{
    openapi_put(out, "'parameters': {");
    openapi_put(out,
                "'PageSize': {'name': 'page_size', 'in': 'query',"
                "'description': 'how many items at most',"
                "'schema': {'type': 'integer', 'minimum': 1, 'maximum': %d, 'default': %d}}",
                API_PAGE_ITEMS_MAX, API_PAGE_ITEMS);
    openapi_put(out,
                "'PageToken': {'name': 'page_token', 'in': 'query',"
                "'description': 'next_page_token of the page before; without it the first page',"
                "'schema': {'type': 'string', 'minLength': 1, 'maxLength': %u}}",
                ID_BYTES_MAX);
    openapi_put(out,
                "'IdempotencyKey': {'name': 'Idempotency-Key', 'in': 'header',"
                "'description': 'names the request: the same one again gets the first answer"
                " again and changes nothing; the same key with another body is"
                " request_mismatch; a refused request leaves its key free',"
                "'schema': {'type': 'string', 'minLength': 1, 'maxLength': %u},"
                "'example': 'req-81723'}",
                REQUEST_BYTES_MAX);
    openapi_put(
        out,
        "'IfMatch': {'name': 'If-Match', 'in': 'header',"
        "'description': 'the ETag of the definition to change: where it has changed"
        " since, nothing is done; If-None-Match: * in its place creates only where there is none',"
        "'schema': {'type': 'string'}");
    put_text(out, "example", "\"3\"");
    openapi_put(out, "}");
    if (asks_for_reason()) {
        openapi_put(out, "'BoonReason': {'name': 'Boon-Reason', 'in': 'header',"
                         "'description': 'why this is done, for the record; percent-encoded UTF-8',"
                         "'schema': {'type': 'string'}}");
    }
    openapi_put(out, "}");
}

static void put_shared_headers(struct json_out *out)
{
    openapi_put(out, "'headers': {");
    openapi_put(out, "'ETag': {'description': 'the version in quotes, for If-Match; not where a "
                     "PUT is asked again',"
                     "'schema': {'type': 'string'}}");
    openapi_put(out, "'Location': {'required': true, 'description': 'path of what was made',"
                     "'schema': {'type': 'string'}}");
    openapi_put(out,
                "'Idempotent-Replayed': {"
                "'description': 'true: this is the first answer again, by its Idempotency-Key',"
                "'schema': {'type': 'string', 'enum': ['true']}}");
    openapi_put(out, "'Boon-Stale': {"
                     "'description': 'true: another server may have taken over since; only with"
                     " --stale-reads',"
                     "'schema': {'type': 'string', 'enum': ['true']}}");
    openapi_put(out, "'Set-Cookie': {'description': 'the session, or its end',"
                     "'schema': {'type': 'string'}}");
    openapi_put(out, "'Retry-After': {'required': true, 'description': 'seconds to wait',"
                     "'schema': {'type': 'integer', 'minimum': 1}}");
    openapi_put(out, "'WWW-Authenticate': {'description': 'how to log in; not for the console',"
                     "'schema': {'type': 'string'}}");
    openapi_put(out, "}");
}

static void put_shared_response(struct json_out *out, int status, const struct api_cause *causes,
                                size_t count)
{
    char description[512];
    char name[8];
    size_t length = 0;
    for (size_t at = 0; at < count && length < sizeof(description); at++) {
        if (causes[at].status == status && causes[at].words == NULL) {
            length += (size_t)snprintf(description + length, sizeof(description) - length,
                                       "%s- `%s`: %s", length == 0 ? "" : "\n", causes[at].code,
                                       causes[at].meaning);
        }
    }
    snprintf(name, sizeof(name), "%d", status);
    begin_schema(out, name, description);
    if (status == 401) {
        openapi_put(
            out,
            "'headers': {'WWW-Authenticate': {'$ref': '#/components/headers/WWW-Authenticate'}}");
    } else if (status == 429 || status == 503) {
        openapi_put(out,
                    "'headers': {'Retry-After': {'$ref': '#/components/headers/Retry-After'}}");
    }
    openapi_put(out, "'content': {'application/problem+json': {"
                     "'schema': {'$ref': '#/components/schemas/Problem'}}}}");
}

/* Named by their statuses: what operations may come to beside refusals. */
static void put_shared_responses(struct json_out *out)
{
    static const int statuses[] = {400, 401, 403, 413, 415, 422, 429, 503};
    struct api_cause causes[API_CAUSES_MAX];
    size_t count = api_causes(NULL, causes);
    json_key(out, "responses");
    json_begin(out, '{');
    for (size_t at = 0; at < sizeof(statuses) / sizeof(statuses[0]); at++) {
        put_shared_response(out, statuses[at], causes, count);
    }
    json_end(out, '}');
}

void openapi_components(struct json_out *out)
{
    json_key(out, "components");
    json_begin(out, '{');
    put_schemas(out);
    put_shared_parameters(out);
    put_shared_headers(out);
    put_shared_responses(out);
    openapi_put(out,
                "'securitySchemes': {"
                "'basicAuth': {'type': 'http', 'scheme': 'basic',"
                "'description': 'user and secret; user default where there is one password'},"
                "'cookieAuth': {'type': 'apiKey', 'in': 'cookie', 'name': '%s',"
                "'description': 'what POST /v1/session sets'}}",
                API_COOKIE);
    json_end(out, '}');
}
