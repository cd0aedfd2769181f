/* fuzz_definition.c -- any bytes as a campaign document: mistakes, or a definition within its ranges. */
#include <stdlib.h>

#include "engine/bug.h"
#include "net/definition.h"
#include "net/rfc3339.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_campaign(const struct campaign_definition *campaign)
{
    const struct campaign_value *value = &campaign->value;

    ASSERT(campaign->name.length >= 1);
    ASSERT(campaign->name.length <= CAMPAIGN_NAME_BYTES_MAX);
    ASSERT(campaign->stock >= 1);
    ASSERT(campaign->stock <= CAMPAIGN_STOCK_MAX);
    ASSERT(campaign->per_member >= 1);
    ASSERT(campaign->per_member <= CAMPAIGN_PER_MEMBER_MAX);
    ASSERT(campaign->opens_at_ms == 0 || campaign->opens_at_ms >= RFC3339_MS_MIN);
    ASSERT(campaign->opens_at_ms <= RFC3339_MS_MAX);
    ASSERT(campaign->ends_at_ms == 0 || campaign->ends_at_ms > campaign->opens_at_ms);
    ASSERT(campaign->ends_at_ms <= RFC3339_MS_MAX);
    ASSERT((value->kind == VALUE_PERCENT_OFF) == (value->percent != 0));
    ASSERT(value->percent <= 99);
    ASSERT(value->kind != VALUE_AMOUNT_OFF || value->amount_fen >= 1);
    ASSERT(value->amount_fen >= 0);
    ASSERT(value->amount_fen <= FEN_MAX);
    ASSERT(value->minimum_fen >= 0);
    ASSERT(value->minimum_fen <= FEN_MAX);
    ASSERT(value->maximum_fen >= 0);
    ASSERT(value->maximum_fen <= FEN_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct definition_mistakes mistakes;
    struct definition definition;

    if (size > 2 * CAMPAIGN_DOCUMENT_BYTES_MAX) {
        return 0;
    }
    struct text document = {(const char *)data, (uint32_t)size};
    if (definition_compile(&definition, document, &mistakes) == DEFINITION_OK) {
        check_campaign(&definition.campaign);
        ASSERT(text_equal(definition.campaign.source, document));
        definition_deinit(&definition);
        return 0;
    }
    ASSERT(mistakes.count >= 1);
    ASSERT(mistakes.count <= DEFINITION_MISTAKES_MAX);
    for (size_t i = 0; i < mistakes.count; i++) {
        const struct definition_mistake *mistake = &mistakes.list[i];
        ASSERT(memchr(mistake->pointer, '\0', sizeof mistake->pointer) != NULL);
        ASSERT(memchr(mistake->message, '\0', sizeof mistake->message) != NULL);
        ASSERT(mistake->pointer[0] == '\0' || mistake->pointer[0] == '/');
        ASSERT(mistake->message[0] != '\0');
    }
    return 0;
}
