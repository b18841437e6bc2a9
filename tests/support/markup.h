/* Checks of HTML and SVG that reports are made of, without a parser of XML. */
#ifndef FW_TESTS_SUPPORT_MARKUP_H
#define FW_TESTS_SUPPORT_MARKUP_H

/* Fails the test unless the text is well-formed: every tag is closed in order, attributes are in double quotes, no "<"
 * stands elsewhere, every "&" begins a known entity, no control characters but newlines, valid UTF-8. An XML prologue
 * or <!DOCTYPE> may stand first; the content of <style> is passed over. */
void markup_check(const char *text);

/* How often a text holds another. */
int markup_count(const char *text, const char *what);

#endif
