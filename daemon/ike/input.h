#ifndef YD_IKE_INPUT_H
#define YD_IKE_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct ike;
struct ike_path;

/* A datagram from anywhere, in a copy that is worked in. */
void input_datagram(struct ike *ike, const struct ike_path *path, uint8_t *data, size_t len);

#endif
