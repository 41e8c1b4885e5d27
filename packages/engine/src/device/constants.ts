/** The few wire facts that every device needs, at one short import. */
export { ETH_HLEN, ETH_P_802_3_MIN, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, VLAN_HLEN } from "../wire/ethernet.ts";
export { isVlanType } from "../wire/vlan.ts";
