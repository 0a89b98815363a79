#ifndef YD_DATAPATH_L4_H
#define YD_DATAPATH_L4_H

/* Where the fields of TCP (RFC 9293) and UDP (RFC 768) headers are, in bytes. */
enum {
	TCP_SEQ = 4,
	TCP_ACK_NO = 8,
	TCP_DATA_OFF = 12,
	TCP_FLAGS = 13,
	TCP_WINDOW = 14,
	TCP_CHECKSUM = 16,
	TCP_URGENT = 18,
	TCP_HDR_LEN = 20,
	TCP_HDR_MAX = 60
};
enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80
};
enum { UDP_DPORT = 2, UDP_LEN = 4, UDP_CHECKSUM = 6, UDP_HDR_LEN = 8 };

#endif
