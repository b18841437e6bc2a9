/* Any bytes as the address of a page and as a host: either a request comes of it, or a code; and the link to a request
 * leads back to it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "results/serve/guard.h"
#include "results/serve/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fw_page_request request;
    struct fw_page_request again;
    struct fw_buffer link;
    const char *why = NULL;
    char *target = fw_strndup(NULL, (const char *)data, size);
    if (target == NULL)
        return 0;
    (void)fw_guard_host(target, 8484);
    int code = fw_page_request_parse(&request, target, &why);
    if ((code != 200 && code != 400 && code != 404 && code != 414) || why == NULL)
        abort();
    if (code == 200) {
        fw_buffer_init(&link, NULL);
        fw_page_request_write(&link, &request);
        if (fw_page_request_parse(&again, link.data, &why) != 200 || memcmp(&again, &request, sizeof again) != 0)
            abort();
        fw_buffer_clear(&link);
    }
    fw_free(NULL, target);
    return 0;
}
