#include "support/markup.h"

#include <stdbool.h>
#include <string.h>

#include "core/utf8.h"
#include "support/test_main.h"

#define DEPTH_MOST 32

struct open_tag {
    const char *name;
    size_t length;
};

/* Not ck_assert_msg: it notes each time that it was reached, which costs more than all the rest for every character. */
static void require(bool holds, const char *what, const char *at)
{
    if (!holds)
        ck_abort_msg("%s at: %.40s", what, at);
}

static void check_characters(const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        uint32_t code = 0;
        int length = fw_utf8_next(&code, text, left);
        require(length > 0, "invalid UTF-8", text);
        require(code == '\n' || !fw_utf8_is_unsafe(code), "a character that must not be shown", text);
        text += length;
        left -= (size_t)length;
    }
}

static void check_entity(const char *at)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#160;"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strncmp(at, known[i], strlen(known[i])) == 0)
            return;
    }
    ck_abort_msg("no entity: %.40s", at);
}

/* The end of a tag that begins at `at`, its attributes checked. */
static const char *check_attributes(const char *at)
{
    while (*at != '>' && *at != '/') {
        require(*at == ' ' || *at == '\n', "no attribute", at);
        at += strspn(at, " \n");
        size_t name = strcspn(at, "=<>\"' \n");
        require(name > 0 && at[name] == '=' && at[name + 1] == '"', "no value", at);
        for (at += name + 2; *at != '"'; at++) {
            require(*at != '<' && *at != '\0', "no attribute's end", at);
            if (*at == '&')
                check_entity(at);
        }
        at++;
    }
    return at;
}

/* One tag; returns what follows it. */
static const char *check_tag(const char *at, struct open_tag *stack, int *depth)
{
    bool closes = at[1] == '/';
    const char *name = at + 1 + closes;
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");
    require(length > 0, "no tag", at);
    if (closes) {
        require(*depth > 0 && stack[*depth - 1].length == length &&
                    strncmp(stack[*depth - 1].name, name, length) == 0 && name[length] == '>',
                "closed out of order", at);
        --*depth;
        return name + length + 1;
    }
    const char *end = check_attributes(name + length);
    if (*end == '/') {
        require(end[1] == '>', "no end of a tag", at);
        return end + 2;
    }
    require(*depth < DEPTH_MOST, "too deep", at);
    stack[(*depth)++] = (struct open_tag){name, length};
    if (length == 5 && strncmp(name, "style", 5) == 0) {
        end = strstr(end, "</style>");
        ck_assert_ptr_nonnull(end);
        return end;
    }
    return end + 1;
}

void markup_check(const char *text)
{
    struct open_tag stack[DEPTH_MOST];
    int depth = 0;
    check_characters(text);
    if (strncmp(text, "<!DOCTYPE", 9) == 0)
        text = strchr(text, '>') + 1;
    while (*text != '\0') {
        if (*text == '<') {
            text = check_tag(text, stack, &depth);
            continue;
        }
        if (*text == '&')
            check_entity(text);
        require(*text != '>', "a lone >", text);
        text++;
    }
    ck_assert_msg(depth == 0, "not closed: %.20s", stack[depth > 0 ? depth - 1 : 0].name);
}

/* Not strstr: the sanitizer's takes the length of all that follows, for every find. */
int markup_count(const char *text, const char *what)
{
    int n = 0;
    size_t length = strlen(what);
    for (; *text != '\0'; text++)
        n += *text == *what && strncmp(text, what, length) == 0;
    return n;
}
