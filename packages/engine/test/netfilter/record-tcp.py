#!/usr/bin/env python3
"""Ask the running kernel how conntrack judges random TCP segments; writes tcp-kernel.json beside itself.

Run as root:  unshare -n -m ./record-tcp.py [SCENARIOS [SEED]]
A router with two veths stands in a fresh namespace; each segment is sent in on one side, and what comes out on the other tells
by its TOS which --ctstate it had. After each segment `conntrack -L` gives state, status and time-out.
"""
import json, os, random, re, select, socket, struct, subprocess, sys

def sh(line):
    subprocess.run(line, shell=True, check=True)

A, B = "10.1.0.1", "10.2.0.2"
MAC = bytes.fromhex("020000000501"), bytes.fromhex("020000000502")

def setup():
    for i, dev in enumerate(("va", "vb")):
        sh(f"ip link add {dev} type veth peer name e{dev} address {MAC[i].hex(':')}")
        sh(f"sysctl -qw net.ipv6.conf.{dev}.disable_ipv6=1 net.ipv6.conf.e{dev}.disable_ipv6=1")
        sh(f"ip addr add 10.{i + 1}.0.254/24 dev e{dev}; ip link set e{dev} up; ip link set {dev} up")
        sh(f"ip neigh add 10.{i + 1}.0.{i + 1} lladdr 02:00:00:00:00:0{i + 1} dev e{dev} nud permanent")
        sh(f"ethtool -K {dev} tx off >/dev/null 2>&1 || true")
    sh("sysctl -qw net.ipv4.ip_forward=1")
    for state, tos in (("INVALID", 4), ("NEW", 8), ("ESTABLISHED", 12), ("RELATED", 16)):
        sh(f"iptables-legacy -t mangle -A POSTROUTING -m conntrack --ctstate {state} -j TOS --set-tos {tos}")

def checksum(data):
    if len(data) & 1:
        data += b"\0"
    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF

def frame(direction, sport, dport, seg):
    src, dst = (A, B) if direction == 0 else (B, A)
    if direction: sport, dport = dport, sport
    options = bytes.fromhex(seg["options"])
    head = struct.pack("!HHIIBBHHH", sport, dport, seg["seq"], seg["ack"], (20 + len(options)) << 2, seg["flags"], seg["win"], 0, 0)
    body = head + options + b"x" * seg["len"]
    pseudo = socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!HH", 6, len(body))
    body = body[:16] + struct.pack("!H", checksum(pseudo + body)) + body[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 1, 0, 64, 6, 0, socket.inet_aton(src), socket.inet_aton(dst))
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return MAC[direction] + bytes.fromhex("020000000009") + b"\x08\x00" + ip + body

def scenario(rng):
    """Segments that mostly make sense, with some that do not."""
    M = 0xFFFFFFFF
    iss = [rng.randrange(1 << 32), rng.randrange(1 << 32)]
    nxt, acked = list(iss), [0, 0]
    style = rng.random()
    script = []
    if style < 0.75: script += [(0, 2), (1, 18), (0, 16)]
    elif style < 0.85: script += [(0, 2), (1, 2), (0, 18), (1, 16)]
    n = rng.randrange(3, 14)
    while len(script) < n:
        script.append((rng.randrange(2), rng.choices([16, 24, 17, 4, 20, 2, 18, 1, 0, 48], [30, 8, 10, 4, 4, 6, 4, 1, 1, 1])[0]))
    if rng.random() < 0.25 and len(script) > 1: del script[rng.randrange(len(script))]
    out = []
    for d, flags in script:
        length = rng.choice([0, 0, 0, 10, 200, 1400]) if flags & 2 == 0 else 0
        seq, ack = nxt[d], nxt[1 - d] if flags & 16 else 0
        r = rng.random()
        if r < 0.06: seq = (seq + rng.choice([-1, 1, -70000, 70000, 5000, -5000])) & M
        elif r < 0.09: seq = rng.choice([0, rng.randrange(1 << 32)])
        elif r < 0.12: ack = (ack + rng.choice([-1, 1, -70000, 70000, 3000, -3000])) & M
        elif r < 0.16 and out: out.append(dict(out[-1])); continue
        win = rng.choice([64240, 65535, 502, 1000, 0, 29200])
        options = ""
        if flags & 2:
            if rng.random() < 0.3: nxt[d] = seq = rng.randrange(1 << 32) if rng.random() < 0.3 else seq
            options = rng.choice(["", "020405b4", "020405b40402080a000000010000000001030307", "0103030e", "04020101", "010303ff", "0303"])
        elif flags & 16 and rng.random() < 0.2:
            right = (ack + rng.choice([100, 1500, 100000])) & M
            options = "0101050a" + struct.pack("!II", (right - 50) & M, right).hex()
        elif rng.random() < 0.2: options = "0101080a0000000100000001"
        out.append(dict(dir=d, flags=flags, seq=seq, ack=ack, win=win, options=options, len=length))
        if seq == nxt[d]: nxt[d] = (nxt[d] + length + (flags >> 1 & 1) + (flags & 1)) & M
    return out

def main():
    if any(name not in ("lo", "sit0", "tunl0") for _, name in socket.if_nameindex()):
        sys.exit("record-tcp.py changes devices, sysctls and rules: run it in a fresh namespace, `unshare -n -m ./record-tcp.py`")
    setup()
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 7)
    socks = []
    for dev in ("va", "vb"):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        s.bind((dev, 0)); socks.append(s)
    result = []
    for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 200):
        loose, liberal = int(rng.random() > 0.1), int(rng.random() < 0.1)
        sh(f"sysctl -qw net.netfilter.nf_conntrack_tcp_loose={loose} net.netfilter.nf_conntrack_tcp_be_liberal={liberal}")
        port = 10000 + number
        steps = []
        for seg in scenario(rng):
            d = seg["dir"]
            socks[d].send(frame(d, port, 80, seg))
            verdict = None
            while verdict is None and select.select([socks[1 - d]], [], [], 0.5)[0]:
                data, addr = socks[1 - d].recvfrom(4096)
                if addr[2] != 4 and data[23] == 6: verdict = {4: "INVALID", 8: "NEW", 12: "ESTABLISHED", 16: "RELATED"}[data[15]]
            listing = subprocess.run(["conntrack", "-L", "-p", "tcp"], capture_output=True, text=True).stdout
            entries = []
            for line in listing.splitlines():
                if f"={port} " not in line: continue
                w = line.split()
                entries.append(dict(timeout=int(w[2]), state=w[3], src=re.search(r"src=(\S+)", line)[1], unreplied="[UNREPLIED]" in line, assured="[ASSURED]" in line))
            steps.append(dict(seg, verdict=verdict, entries=entries))
        result.append(dict(loose=loose, liberal=liberal, steps=steps))
        subprocess.run(["conntrack", "-F"], capture_output=True)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tcp-kernel.json")
    with open(path, "w") as f:
        f.write(json.dumps(dict(kernel=os.uname().release, scenarios=result), separators=(",", ":")).replace('{"loose"', '\n{"loose"') + "\n")

main()
