// What the widget says before consent, in Portuguese (Brazil).
import type { Words } from './en.ts'

/** Sentences, and names of buttons. */
export const words: Words = {
  between: ' ',
  contribute: 'Contribuir',
  stop: 'Parar',
  notNow: 'Agora não',
  askInWindow: 'Perguntar em uma janela',
  changeMind: 'Mudar de ideia',
  whatRuns: 'O que roda, em detalhe',
  siteCap: (share) => `Este site pede no máximo ${share}.`,
  shareOfGpu: 'Parte da GPU',
  shareOfProcessor: 'Parte do processador',
  covered:
    'Algo cobria esta caixa quando você clicou, então nada foi iniciado. Clique de novo quando a vir por inteiro.',
  blocked:
    'Seu navegador não sabe dizer se você viu toda esta caixa e não deixou abrir uma janela para perguntar, então nada foi iniciado. Você pode contribuir na nossa página: o link está abaixo.',
  loading: 'Carregando o necessário …',
  windowOpen: 'Responda na janela que foi aberta.',
  declined: 'Nada foi iniciado.',
  notLoaded:
    'Não foi possível carregar o necessário, então nada foi iniciado. Verifique sua conexão e clique em Contribuir de novo.',
  refused: (day) => `Não será perguntado de novo aqui até ${day}.`,
  phone: 'Desligado em celulares: contribuir gastaria a bateria.',
  lessData: 'Desligado porque seu navegador está economizando dados.',
  noSite: 'Seu navegador não diz em que site esta caixa está, então nada pode ser iniciado aqui.',
  lendGpu: (host) => `Empreste parte da sua GPU enquanto está em ${host}.`,
  lendProcessor: (host) => `Empreste parte do seu processador (sem WebGPU aqui) enquanto está em ${host}.`,
  lendAtMost: (share, host) => `Empreste no máximo ${share} do seu dispositivo enquanto está em ${host}.`,
  whatItDoes: 'Só multiplica números para outros e não lê arquivos. Outros nós veem seu endereço de rede.',
  credit: 'O crédito é só seu, o site não recebe nada.',
  sharedCredit: (share, host) => `${share} do crédito vai para ${host}, o resto é seu.`,
  itEnds: 'Termina quando você parar ou sair.',
  contributeHere: 'Contribuir aqui?',
  whyWindow: 'A pergunta vem em janela própria porque seu navegador não sabe dizer se o site cobriu a caixa.',
  nothingToConfirm: 'Nada a confirmar',
  noQuestion: 'Nenhuma caixa espera uma resposta desta janela, então nada foi iniciado.',
  ownPage: 'Contribuir na nossa página',
}
